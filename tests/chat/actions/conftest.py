"""A chat with a real store, a clock that stands, cheap hashes, and an announcer that writes everything down."""

import pytest
from argon2 import PasswordHasher

from chorus.chat.actions import accounts
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.passwords import Passwords
from chorus.chat.actions.settings import ChatSettings
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from parts.clock import Clock
from parts.databases import fresh_sqlite

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Recorder:
    """An Announcer: what was announced, in order."""

    def __init__(self):
        self.said = []

    def announce_entry(self, channel_id, seq, entry):
        self.said.append(("entry", channel_id, seq, entry))

    def announce_channel(self, channel):
        self.said.append(("channel", channel))

    def announce_change(self, channel):
        self.said.append(("changed", channel))

    def announce_account(self, account):
        self.said.append(("account", account))

    def announce_account_change(self, account):
        self.said.append(("account changed", account))

    def announce_membership(self, account_id, channel_id, *, member):
        self.said.append(("membership", account_id, channel_id, member))

    def announce_read(self, account_id, channel, *, back):
        self.said.append(("read", account_id, channel))

    def announce_personal(self, account_id, event, payload):
        self.said.append(("personal", account_id, event))

    def forget_entries(self, channel_id):
        self.said.append(("forget", channel_id))

    def end_session(self, session_id):
        self.said.append(("end", session_id))


@pytest.fixture
async def store(tmp_path):
    store = open_store(DatabaseSettings(url=fresh_sqlite(tmp_path)))
    await store.start()
    yield store
    await store.close()


@pytest.fixture
def clock():
    return Clock(1_000_000.0)


@pytest.fixture
def announced():
    return Recorder()


@pytest.fixture
def make_chat(store, clock, announced):
    """Make the chat with other settings."""
    made = []

    def make(*, hasher=CHEAP, **settings):
        chat = Chat(
            store=store,
            announcer=announced,
            passwords=Passwords(hasher),
            settings=ChatSettings(secret="0123456789abcdef0123456789abcdef", **{"sign_up": "open", **settings}),
            clock=clock,
        )
        made.append(chat)
        return chat

    yield make
    for chat in made:
        chat.close()


@pytest.fixture
def chat(make_chat):
    return make_chat(instance="1", version="9")


@pytest.fixture
def sign_up(chat, announced):
    """Make an account and forget what was announced of it."""

    async def make(handle, name="Somebody", password="correct horse"):
        signed_in = await accounts.sign_up(chat, handle=handle, name=name, password=password)
        announced.said.clear()
        return signed_in

    return make


@pytest.fixture
async def ada(sign_up):
    """The owner."""
    return (await sign_up("ada")).account


@pytest.fixture
async def bob(ada, sign_up):
    """A member."""
    return (await sign_up("bob")).account

"""The HTTP API over a real store, on both databases."""

import re
from functools import cache

import httpx
import pytest

from chorus.chat.actions.chat import Chat
from chorus.chat.actions.settings import ChatSettings
from chorus.chat.calling.addresses import networks_of
from chorus.chat.calling.caller import Caller
from chorus.chat.files.folder import FolderBlobs
from chorus.chat.http import openapi
from chorus.chat.http.application import http_application
from chorus.chat.http.envelope import Envelope
from chorus.chat.http.given import SERVED, Served
from chorus.chat.http.shortcut import Shortcut
from chorus.chat.limits.memory import MemoryLimiter
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from parts.clock import Clock
from parts.databases import find_database
from parts.people import account, quick_passwords

SECRET = "a secret of thirty-two characters or more"


class Announced:
    """Remembers what the world was told."""

    def __init__(self):
        self.heard = []

    def announce_entry(self, channel_id, seq, entry):
        self.heard.append(("entry", channel_id, seq))

    def announce_channel(self, channel):
        self.heard.append(("channel", channel.name))

    def announce_change(self, channel):
        self.heard.append(("changed", channel.id))

    def announce_account(self, account):
        self.heard.append(("account", account.handle))

    def announce_account_change(self, account):
        self.heard.append(("account changed", account))

    def announce_membership(self, account_id, channel_id, *, member):
        self.heard.append(("membership", account_id, channel_id, member))

    def announce_read(self, account_id, channel, *, back):
        self.heard.append(("read", account_id, channel.id, channel.read_seq))

    def announce_personal(self, account_id, event, payload):
        self.heard.append(("personal", account_id, event))

    def forget_entries(self, channel_id):
        self.heard.append(("forget", channel_id))

    def end_session(self, session_id):
        self.heard.append(("session ended", session_id))


@pytest.fixture
def announced():
    return Announced()


@pytest.fixture
def database_url(request, tmp_path):
    return find_database(request, tmp_path)


@pytest.fixture
def settings():
    return ChatSettings(secret=SECRET, sign_up="open", instance="7", version="1.2.3")


@pytest.fixture
async def chat(database_url, announced, settings, tmp_path):
    store = open_store(DatabaseSettings(url=database_url))
    await store.start()
    parts = Chat(
        store=store,
        announcer=announced,
        passwords=quick_passwords(),
        settings=settings,
        blobs=FolderBlobs(str(tmp_path / "files")),
        caller=Caller(networks_of(["127.0.0.0/8"])),
    )
    yield parts
    parts.close()
    await store.close()


@pytest.fixture
def standing(chat):
    """Nothing that counts towards a limit comes back by itself, however long a test takes."""
    object.__setattr__(chat, "limiter", MemoryLimiter(clock=Clock()))


@pytest.fixture
def api(chat):
    application = Shortcut(http_application(version="1.2.3"))
    served = {SERVED: Served(chat, {"https://allowed.example"})}

    async def serve(scope, receive, send):
        scope.update(served)
        await application(scope, receive, send)

    return Envelope(serve, instance="7")


@cache
def described():
    """(method, the form of its path, the statuses that it may answer with) of each operation of the API's document."""
    return [
        (method.upper(), re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), set(operation["responses"]))
        for path, operations in openapi.document(http_application(version="1.2.3"))["paths"].items()
        for method, operation in operations.items()
    ]


async def check_described(answer):
    """Fail where an answer has a status that the document does not tell of. Row 24: every error described."""
    asked, found = answer.request, str(answer.status_code)
    fitting = [each for each in described() if each[0] == asked.method and each[1].fullmatch(asked.url.path)]
    for _, path, statuses in sorted(fitting, key=lambda each: each[1].pattern.count("[^/]+"))[:1]:  # the literal one
        assert found in statuses, f"{asked.method} {path.pattern}: {found} is not in the OpenAPI document"


@pytest.fixture
def browse(api):
    """Make a client with cookies of its own, as a browser's page sends them; what it is answered is looked at."""

    def make(*, scheme="http", origin=True, address="127.0.0.1"):
        headers = {"origin": f"{scheme}://chat.test"} if origin else {}
        transport = httpx.ASGITransport(api, raise_app_exceptions=False, client=(address, 4711))
        return httpx.AsyncClient(
            transport=transport,
            base_url=f"{scheme}://chat.test",
            headers=headers,
            event_hooks={"response": [check_described]},
        )

    return make


@pytest.fixture
def sign_up(browse):
    """Make an account and give a client that is signed in as it."""

    async def make(handle="ada", **options):
        client = browse(**options)
        answer = await client.post("/api/v1/accounts", json=account(handle))
        assert answer.status_code == 201, answer.text
        return client

    return make

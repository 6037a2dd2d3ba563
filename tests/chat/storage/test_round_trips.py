"""How often an action goes to PostgreSQL and back: a way takes as long as a small statement, and longer over a wire."""

import asyncio
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from chorus.chat.domain.accounts import Role
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings

pytestmark = pytest.mark.postgres


class Between:
    """Stands before a server and counts how often it says that it is ready for the next."""

    def __init__(self, url):
        self._server = urlsplit(url)
        self.trips = 0

    async def __aenter__(self):
        self._listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return self

    @property
    def url(self):
        host, port = self._listening.sockets[0].getsockname()
        return urlunsplit(self._server._replace(netloc=f"postgres@{host}:{port}", query="sslmode=disable"))

    async def __aexit__(self, *_):
        self._listening.close()

    async def _carry(self, reader, writer):
        there, away = await asyncio.open_connection(self._server.hostname, self._server.port)
        forth = asyncio.create_task(self._forth(reader, away))
        try:
            while kind := await there.read(1):  # every message of the server: a letter, a length that counts itself
                length = await there.readexactly(4)
                writer.write(kind + length + await there.readexactly(int.from_bytes(length) - 4))
                self.trips += kind == b"Z"
        finally:
            forth.cancel()
            writer.close()
            away.close()

    async def _forth(self, reader, away):
        while data := await reader.read(65536):
            away.write(data)
        away.close()

    async def of(self, action):
        """How many an action takes the second time, when its statements are prepared."""
        await action()
        before = self.trips
        await action()
        return self.trips - before


@pytest.fixture
async def between(postgres_url_with_tables):
    async with Between(postgres_url_with_tables) as between:
        yield between


@pytest.fixture
async def store(between):
    store = open_store(DatabaseSettings(url=between.url))
    await store.start()
    for handle in ("ada", "bob"):
        await store.create_account(handle=handle, name=handle, password_hash="h", at=1, role=Role.MEMBER)
    for _ in range(2):
        await store.append(post())
    yield store
    await store.close()


def post():
    return NewEntry(1, EntryKind.POSTED, 0, 1, uuid4(), "x", "x")


async def test_what_is_read_takes_one(store, between):
    assert await between.of(lambda: store.joined_channel(1, 1)) == 1


async def test_a_page_of_the_history_takes_one(store, between):
    """Row 11: and brings little, of entries that were read before."""
    assert await between.of(lambda: store.written_history(1, 1, limit=50)) == 1


async def test_a_message_takes_one(store, between):
    assert await between.of(lambda: store.append(post())) == 1


async def test_what_is_marked_as_read_takes_two(store, between):
    """Row 10: one that moves the position, where it moves, and one that tells the counts."""
    back = iter((False, True))

    assert await between.of(lambda: store.mark_read(2, 1, 1)) == 2
    assert await between.of(lambda: store.mark_read(2, 1, 0, back=next(back))) == 2


async def test_a_change_takes_its_statements_between_begin_and_commit(store, between):
    assert await between.of(lambda: store.set_password_hash(1, "another")) == 3


async def test_what_is_of_one_moment_takes_its_statements_between_begin_and_commit(store, between):
    assert await between.of(lambda: store.overview(1, joined_only=False)) == 4

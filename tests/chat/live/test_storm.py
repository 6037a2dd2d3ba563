"""Everybody comes back at once, as after a restart; `make bench ARGS="--only storm"` does it with 3,000."""

import asyncio
import time
import uuid

import asyncpg
import pytest

from chorus.chaos.people import settle_people
from chorus.chaos.schedule import Options
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.postgres import PostgresDatabase
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.sqlite import SqliteDatabase
from parts.databases import on_both
from parts.instance import Instance
from parts.sockets import LiveClient

LIMIT = 3
CLIENTS, CHANNELS, MISSED = 150, 10, 5


@pytest.fixture
def queries(monkeypatch):
    """Counts what is read from the database."""
    counted = []
    for database in (PostgresDatabase, SqliteDatabase):
        original = database.read

        async def read(self, work, *, _original=original, **options):
            counted.append(work)
            return await _original(self, work, **options)

        monkeypatch.setattr(database, "read", read)
    return counted


async def fill(url, people):
    """Put what they missed into each channel."""
    store = open_store(DatabaseSettings(url=url))
    await store.start()
    sender = {channel: person.account for person in people for channel in person.channels}
    for channel, account in sender.items():
        for number in range(MISSED):
            await store.append(
                NewEntry(channel, EntryKind.POSTED, int(time.time() * 1000), account, uuid.uuid4(), text=str(number))
            )
    await store.close()


async def most_connections(url, during):
    """The most connections that anybody else had to the database while `during` ran."""
    most = 0
    watching = await asyncpg.connect(url)
    try:
        while not during.done():
            sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            most = max(most, await watching.fetchval(sql))
            await asyncio.wait({during}, timeout=0.02)
    finally:
        await watching.close()
    return most


@on_both
async def test_all_who_come_back_at_once_catch_up_with_few_queries_and_within_the_pool(
    environment, database_url, queries
):
    """Row 20."""
    options = Options(clients=CLIENTS, channels=CHANNELS, memberships=2)
    people = await settle_people(database_url, environment["JWT_SECRET"], options)
    await fill(database_url, people)
    async with Instance(0, **environment, DATABASE_CONNECTION_LIMIT=str(LIMIT)) as instance:
        queries.clear()

        async def come_back(person):
            auth = {"token": person.token, "cursors": dict.fromkeys(map(str, person.channels), 0)}
            client = await LiveClient.open(instance.address, auth=auth)
            await client.wait_for("caught_up", within=60)
            return client

        coming = asyncio.ensure_future(asyncio.gather(*(come_back(person) for person in people)))
        if database_url.startswith("postgresql"):
            assert await most_connections(database_url, coming) <= LIMIT
        clients = await coming

        for person, client in zip(people, clients, strict=True):
            seen = [(entry["channel"], entry["seq"]) for entry in client.got("entry")]
            assert sorted(seen) == [(c, seq) for c in sorted(person.channels) for seq in range(1, MISSED + 1)]
        assert len(queries) < CLIENTS, "each of them was looked up by itself"

"""A database that is away, slow or busy: a clear, retryable error, and nothing to do when it is back."""

import asyncio
import os
import sqlite3
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from sqlalchemy import func, select, text

from chorus.chat.domain.accounts import Role
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import DatabaseUnavailable
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.prepared import Prepared
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.steps import rows_of
from chorus.chat.storage.store import SqlStore
from parts.databases import fresh_sqlite
from waiting import eventually

QUICK = {"statement_timeout": 0.3, "busy_timeout": 0.3, "checkout_timeout": 0.3, "connection_limit": 3}


async def opened(url, **settings):
    store = open_store(DatabaseSettings(url=url, **settings))
    assert isinstance(store, SqlStore)
    await store.start()
    await store.create_account(handle="ada", name="Ada", password_hash="h", at=1, role=Role.MEMBER)
    return store


def entry():
    return NewEntry(1, EntryKind.POSTED, 0, 1, uuid4(), "x", "x")


async def works(store):
    try:
        await store.append(entry())
    except DatabaseUnavailable:
        return False
    return True


# SQLite


@pytest.fixture
async def file_store(tmp_path):
    store = await opened(fresh_sqlite(tmp_path), **QUICK)
    yield store
    await store.close()


async def test_a_file_that_another_program_keeps_locked_is_unavailable_until_it_is_free(file_store, tmp_path):
    blocker = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="database is locked"):
        await file_store.append(entry())
    assert (await file_store.history(1, 1, limit=1)).last
    blocker.execute("ROLLBACK")

    assert (await file_store.append(entry())).entry.seq == 1


async def limit_pages(store, pages):
    await store.database.write(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))


async def test_a_full_disk_is_unavailable_after_one_attempt_for_all_that_wait(file_store, monkeypatch):
    attempts = []
    commit = file_store.database.append

    async def counted(batch):
        attempts.append(len(batch))
        return await commit(batch)

    monkeypatch.setattr(file_store._appends, "_commit", counted)
    await limit_pages(file_store, 1)  # no more than the file has already
    entries = [msgspec.structs.replace(entry(), text="x" * 1000) for _ in range(200)]
    results = await asyncio.gather(*(file_store.append(each) for each in entries), return_exceptions=True)
    await limit_pages(file_store, 1_000_000)

    assert {(type(error), error.retryable) for error in results} == {(DatabaseUnavailable, True)}
    assert "full" in str(results[0])
    assert attempts == [200]
    assert (await file_store.append(entries[0])).entry.seq == 1


async def test_with_a_limit_of_one_connection_a_file_is_opened_once(tmp_path):
    store = open_store(DatabaseSettings(url=fresh_sqlite(tmp_path), connection_limit=1))
    await store.start()
    await store.create_account(handle="ada", name="Ada", password_hash="h", at=1, role=Role.MEMBER)
    await asyncio.gather(*(store.append(entry()) for _ in range(3)), *(store.history(1, 1, limit=1) for _ in range(3)))
    opened = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if fd_exists(fd)]

    assert opened.count(str(tmp_path / "chat.db")) == 1
    await store.close()


def fd_exists(fd):
    return os.path.lexists(f"/proc/self/fd/{fd}")


async def test_a_statement_on_sqlite_that_takes_too_long_is_ended(file_store):
    endless = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")

    with pytest.raises(DatabaseUnavailable, match="interrupted"):
        await file_store.database.read(lambda connection: connection.scalar(endless))
    assert await file_store.ping() < 5


async def test_what_failed_in_the_middle_left_nothing(file_store):
    def half(connection):
        connection.execute(text("UPDATE channels SET last_seq = 77"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await file_store.database.write(half)
    assert await file_store.positions([1]) == {1: 0}


async def test_a_reader_cannot_write(file_store):
    with pytest.raises(DatabaseUnavailable, match="readonly"):
        await file_store.database.read(lambda connection: connection.execute(text("DELETE FROM accounts")))


async def test_a_place_where_no_file_can_be_is_unavailable(tmp_path):
    (tmp_path / "chat.db").mkdir()
    store = open_store(DatabaseSettings(url=f"sqlite:///{tmp_path}/chat.db"))

    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        await store.start()
    await store.close()


# PostgreSQL


@pytest.fixture
async def server_store(postgres_url_with_tables):
    store = await opened(postgres_url_with_tables, **QUICK)
    yield store
    await store.close()


@pytest.fixture
async def patient_store(postgres_url_with_tables):
    """With the usual times, so that a slow machine is not taken for a trouble."""
    store = await opened(postgres_url_with_tables)
    yield store
    await store.close()


@pytest.mark.postgres
async def test_a_server_that_is_away_is_unavailable_and_the_same_store_goes_on_when_it_is_back(patient_store, postgres):
    first = entry()
    await asyncio.gather(*(patient_store.history(1, 1, limit=1) for _ in range(10)), patient_store.append(first))
    postgres.stop("immediate")
    for call in (patient_store.append(entry()), patient_store.ping(), patient_store.join_channel(1, 1, at=1)):
        with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:\d+/test_"):
            await call
    postgres.start()

    assert await eventually(lambda: works(patient_store), what="an append after the restart")
    assert (await patient_store.append(first)).entry.seq == 1


@pytest.mark.postgres
async def test_a_restart_between_two_calls_is_not_noticed(patient_store, postgres):
    for call in (
        lambda: patient_store.append(entry()),
        lambda: patient_store.join_channel(1, 1, at=1),
        lambda: patient_store.history(1, 1, limit=1),
    ):
        await asyncio.gather(*(patient_store.ping() for _ in range(10)))
        postgres.stop("fast")
        postgres.start()
        await call()


@pytest.mark.postgres
async def test_a_statement_on_postgresql_that_takes_too_long_is_cancelled(server_store):
    with pytest.raises(DatabaseUnavailable, match="statement timeout"):
        await server_store.database.read(lambda connection: connection.execute(text("SELECT pg_sleep(10)")))
    assert await server_store.ping() < 5


@pytest.mark.postgres
async def test_who_goes_away_in_the_middle_of_a_write_leaves_nothing_and_the_connection_as_it_was(
    postgres_url_with_tables,
):
    store = await opened(postgres_url_with_tables, connection_limit=2)  # one for appends, one for all else
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def half(connection):
        connection.execute(text("UPDATE channels SET last_seq = 77"))
        loop.call_soon(changed.set)
        connection.execute(text("SELECT pg_sleep(4)"))

    going = asyncio.ensure_future(store.database.write(half))
    await changed.wait()
    going.cancel()
    await asyncio.gather(going, return_exceptions=True)

    assert await store.positions([1]) == {1: 0}
    await store.set_password_hash(1, "another")
    assert (await store.append(entry())).entry.seq == 1
    await store.close()


@pytest.mark.postgres
async def test_who_goes_away_in_the_middle_of_a_read_leaves_the_connection_as_it_was(server_store):
    """A read of one statement has the driver's connection itself: it is asked again, and not replaced."""

    async def found(asked):
        rows = await server_store.database.steps(lambda: rows_of(Prepared(select(asked)), {}))
        return [tuple(row) for row in rows]

    before = await found(func.pg_backend_pid())
    going = asyncio.ensure_future(found(func.pg_sleep(4)))
    await asyncio.wait((going,), timeout=0.2)  # it is under way, wherever it is
    going.cancel()
    await asyncio.gather(going, return_exceptions=True)

    assert await found(func.pg_backend_pid()) == before
    assert await server_store.positions([1]) == {1: 0}


@pytest.mark.postgres
async def test_the_pool_never_holds_more_connections_than_its_limit(postgres_url_with_tables):
    store = await opened(postgres_url_with_tables, connection_limit=3)
    watcher = await asyncpg.connect(postgres_url_with_tables)
    seen = 0

    async def watch():
        nonlocal seen
        while True:
            count = await watcher.fetchval(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'chorus'"
            )
            seen = max(seen, count)

    watching = asyncio.ensure_future(watch())
    await asyncio.gather(
        *(store.history(1, 1, limit=50) for _ in range(300)),
        *(store.append(entry()) for _ in range(300)),
        return_exceptions=True,  # with so few connections some are told that all are busy
    )
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await watcher.close()
    await store.close()

    assert 2 <= seen <= 3


@pytest.mark.postgres
async def test_with_a_limit_of_one_there_is_one_connection_for_everything(postgres_url_with_tables):
    store = open_store(DatabaseSettings(url=postgres_url_with_tables, connection_limit=1))
    await store.start()
    await store.create_account(handle="ada", name="Ada", password_hash="h", at=1, role=Role.MEMBER)
    await asyncio.gather(store.append(entry()), store.ping(), store.append(entry()), store.history(1, 1, limit=1))
    watcher = await asyncpg.connect(postgres_url_with_tables)
    count = await watcher.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'chorus'"
    )
    await watcher.close()
    await store.close()

    assert count == 1


@pytest.mark.postgres
async def test_when_all_connections_are_busy_a_call_is_told_so(postgres_url_with_tables):
    store = await opened(postgres_url_with_tables, **QUICK | {"statement_timeout": 10.0})
    sleep = lambda connection: connection.execute(text("SELECT pg_sleep(0.25)"))
    busy = [asyncio.ensure_future(store.database.read(sleep)) for _ in range(12)]
    results = await asyncio.gather(*busy, return_exceptions=True)

    assert await store.append(entry())
    assert {str(error).rpartition(": ")[2] for error in results if isinstance(error, DatabaseUnavailable)} == {
        "all connections are busy"
    }
    assert await store.ping() < 5
    await store.close()


@pytest.mark.postgres
async def test_a_database_that_does_not_exist_is_named_without_the_password(postgres):
    place = postgres.url("nowhere").replace("postgres@", "postgres:secret@")
    store = open_store(DatabaseSettings(url=place))

    with pytest.raises(DatabaseUnavailable, match="nowhere") as refused:
        await store.start()
    assert "secret" not in str(refused.value)
    await store.close()

"""A statement that the driver runs itself gives what SQLAlchemy gives, of the same moment."""

from uuid import uuid4

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.util import await_only

from chorus.chat.domain.accounts import Role
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.storage.among import among
from chorus.chat.storage.postgres import PostgresDatabase
from chorus.chat.storage.prepared import Prepared
from chorus.chat.storage.queries.entry_rows import COLUMNS
from chorus.chat.storage.schema import accounts, entries
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.sqlite import SqliteDatabase
from chorus.chat.storage.urls import SqliteUrl, parse_database_url

LINES = select(*COLUMNS, entries.c.quiet).where(among(entries.c.seq, "seqs"), entries.c.channel_id == bindparam("in"))
GIVEN = {"seqs": [1, 2], "in": 1}


@pytest.fixture
async def database(url, store):
    """Connections of its own."""
    settings, parsed = DatabaseSettings(url=url), parse_database_url(url)
    kind = SqliteDatabase if isinstance(parsed, SqliteUrl) else PostgresDatabase
    database = kind(parsed, settings)
    await database.start()
    yield database
    await database.close()


async def joins(store, handle):
    return await store.create_account(handle=handle, name=handle, password_hash="h", at=1, role=Role.MEMBER)


async def test_every_type_of_value_is_as_sqlalchemy_gives_it(store, database):
    await joins(store, "ada")
    for text in ("one", "two"):
        await store.append(NewEntry(1, EntryKind.POSTED, 0, 1, uuid4(), text, f"<p>{text}</p>"))
    prepared = Prepared(LINES)

    def both(connection):
        return [tuple(row) for row in prepared.rows(connection, GIVEN)], list(connection.execute(LINES, GIVEN).all())

    ours, theirs = await database.read(both)

    assert len(ours) == 2
    assert ours == theirs


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
@pytest.mark.postgres
async def test_in_a_snapshot_a_later_statement_sees_what_the_first_one_saw(store, database):
    everybody = Prepared(select(accounts.c.handle).order_by(accounts.c.id))
    await joins(store, "ada")

    def work(connection):
        before = [row[0] for row in everybody.rows(connection, {})]
        await_only(joins(store, "bob"))
        return before, [row[0] for row in everybody.rows(connection, {})]

    assert await database.read(work, snapshot=True) == (["ada"], ["ada"])

"""A store on each database, with people in it."""

import asyncio

import asyncpg
import pytest

from chorus.chat.storage.opening import open_store
from chorus.chat.storage.schema import metadata
from chorus.chat.storage.settings import DatabaseSettings
from contracts.stores import DATABASES, sign_up
from parts.databases import fresh_postgres, fresh_sqlite


@pytest.fixture(scope="module")
def postgres_with_tables(postgres, postgres_template):
    """A database with the tables, to be emptied."""
    with fresh_postgres(postgres, template=postgres_template) as url:
        yield url


@pytest.fixture(params=DATABASES)
def url(request, tmp_path):
    """A database with its tables and nothing in them."""
    if request.param == "sqlite":
        return fresh_sqlite(tmp_path)
    url = request.getfixturevalue("postgres_with_tables")
    asyncio.run(_empty(url))
    return url


async def _empty(url):
    connection = await asyncpg.connect(url)
    tables = ", ".join(name for name in metadata.tables if name != "server")
    await connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")
    await connection.execute("UPDATE server SET owner_id = NULL")
    await connection.close()


@pytest.fixture
async def store(url):
    store = open_store(DatabaseSettings(url=url))
    await store.start()
    yield store
    await store.close()


@pytest.fixture
async def other(url, store):
    """Another instance on the same database."""
    other = open_store(DatabaseSettings(url=url))
    await other.start()
    yield other
    await other.close()


@pytest.fixture
async def ada(store):
    """The owner, in general, which is channel 1."""
    return await sign_up(store, "ada")


@pytest.fixture
async def bob(store, ada):
    return await sign_up(store, "bob")

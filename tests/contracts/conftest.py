"""A store on each database, with people in it."""

import pytest

from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from contracts.stores import DATABASES, sign_up
from parts.databases import fresh_sqlite


@pytest.fixture(params=DATABASES)
def url(request, tmp_path):
    """A database with its tables and nothing in them."""
    return fresh_sqlite(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres_url_with_tables")


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

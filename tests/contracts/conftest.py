"""A store on each database, with people in it; a pair of each kind of backplane."""

from collections.abc import AsyncIterator, Iterator

import pytest

from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.backplane.settings import RedisSettings
from contracts.backplanes import ClusterSite, MemorySite, RedisSite
from contracts.stores import DATABASES, sign_up
from parts.databases import fresh_sqlite
from parts.valkey_cluster import ValkeyCluster


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


@pytest.fixture(scope="module")
def cluster() -> Iterator[ValkeyCluster]:
    """Of Valkeys."""
    with ValkeyCluster() as cluster:
        yield cluster


@pytest.fixture(params=["memory", "valkey over unix", "valkey over tcp", "valkey cluster"])
def site(request):
    if request.param == "memory":
        return MemorySite()
    if request.param == "valkey cluster":
        site = ClusterSite(request.getfixturevalue("cluster"))
        site.restore()
        return site
    server = request.getfixturevalue("valkey")
    if request.param == "valkey over unix":
        return RedisSite(server, RedisSettings(url=server.url))
    return RedisSite(server, RedisSettings(host=server.host, port=server.port))


@pytest.fixture
async def pair(site) -> AsyncIterator[tuple[Backplane, Backplane]]:
    """Two instances that were started."""
    here, there = site.instance(), site.instance()
    await here.start()
    await there.start()
    yield here, there
    await here.close()
    await there.close()

"""Two instances that share a database and a Valkey."""

from functools import partial

import pytest

from chorus.chat.limits.redis import RedisLimiter
from parts.databases import find_database
from parts.instance import Instance, both


@pytest.fixture
def database_url(request, tmp_path):
    return find_database(request, tmp_path)


@pytest.fixture
def environment(valkey, database_url, home):
    return {
        "CHORUS_HOME": str(home),
        "DATABASE_URL": database_url,
        "REDIS_URL": valkey.url,
        "JWT_SECRET": "a secret of thirty-two characters or more",
    }


@pytest.fixture
def counting_together(monkeypatch):
    """Redis is not taken for slow because the machine is: no instance counts for itself."""
    monkeypatch.setattr("chorus.entry.server.RedisLimiter", partial(RedisLimiter, patience=30.0))


@pytest.fixture
async def instances(environment):
    async with both(Instance(0, **environment), Instance(1, **environment)) as running:
        yield running

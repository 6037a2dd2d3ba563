"""Two instances that share a database and a Valkey."""

import pytest

from parts.instance import Instance


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    return f"sqlite:///{tmp_path}/chat.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def environment(valkey, database_url, home):
    return {
        "CHORUS_HOME": str(home),
        "DATABASE_URL": database_url,
        "REDIS_URL": valkey.url,
        "JWT_SECRET": "a secret of thirty-two characters or more",
    }


@pytest.fixture
async def instances(environment):
    async with Instance(0, **environment) as one, Instance(1, **environment) as other:
        yield one, other

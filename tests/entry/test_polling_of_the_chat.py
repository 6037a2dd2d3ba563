"""The chat for clients that poll: each request may reach any process, whatever number that has."""

import pytest

from parts.databases import fresh_sqlite
from parts.instance import Instance, both
from parts.people import account
from parts.polling import Poller


@pytest.fixture
def environment(home, tmp_path, valkey):
    return {
        "CHORUS_HOME": str(home),
        "DATABASE_URL": fresh_sqlite(tmp_path),
        "REDIS_URL": valkey.url,
        "JWT_SECRET": "a secret of thirty-two characters or more",
    }


async def test_two_processes_of_one_number_bring_each_other_what_is_for_the_other(environment):
    """As the old and the new one of a reload are, and those of two machines."""
    async with both(Instance(0, **environment), Instance(0, **environment)) as (one, other):
        answer = await one.browse().post("/api/v1/accounts", json=account("ada"))
        token = answer.json()["access_token"]
        async with Poller(one.address, other.address) as poller:
            await poller.open()
            await poller.post(f'40{{"token":"{token}"}}')
            heard = ""
            while '"ready"' not in heard:  # with the first poll, or with another one
                heard += await poller.poll()

    assert heard.startswith("40{")

"""The official JavaScript client, unmodified and with its default transports, against the whole chat."""

import asyncio
from urllib.parse import urlsplit

import pytest

from parts.databases import find_database
from parts.instance import Instance, both
from parts.node import Scenario
from parts.round_robin import RoundRobin

pytestmark = pytest.mark.processes


def run(url: str, token: str) -> list:
    with Scenario("chat", url, TOKEN=token) as scenario:
        return scenario.finish()


async def test_it_chats_by_default_transports_behind_round_robin(valkey, request, home, tmp_path):
    """Row 3 and 7: polls and posts go to either of two instances; every client sees every message in one order."""
    environment = {
        "CHORUS_HOME": str(home),
        "DATABASE_URL": find_database(request, tmp_path),
        "REDIS_URL": valkey.url,
        "JWT_SECRET": "s" * 32,
    }
    async with both(Instance(0, **environment), Instance(1, **environment)) as instances:
        browser = await instances[0].sign_up()
        token = browser.cookies["chorus_access"]
        await browser.aclose()
        with RoundRobin([urlsplit(instance.address).port for instance in instances]) as balancer:
            (fact,) = await asyncio.to_thread(run, balancer.url, token)

    assert fact == {
        "acknowledged": 6,
        "instances": ["0", "1"],
        "sameOrder": True,
        "all": [f"m{number}" for number in range(6)],
    }

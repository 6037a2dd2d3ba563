"""Row 13: the official client, unmodified, recovers on examples/news.py whatever is done to the server under load."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from chorus.realtime import LogUnavailable, RedisLog, RedisSettings
from parts.example import Example
from parts.node import Scenario
from waiting import eventually, until

pytestmark = pytest.mark.processes

RATE = 100
"""Entries a second."""


class Watcher:
    """What the client tells, gathered by a thread."""

    def __init__(self, scenario: Scenario) -> None:
        self.facts: list[dict[str, Any]] = []
        self._scenario = scenario
        threading.Thread(target=self._gather, daemon=True).start()

    def told(self, what: str) -> list[Any]:
        return [fact[what] for fact in list(self.facts) if what in fact]

    def _gather(self) -> None:
        self.facts.extend(self._scenario)


@pytest.fixture
def server(valkey) -> Iterator[Example]:
    """examples/news.py, on the same port whenever it is started."""
    with Example("news", REDIS_URL=valkey.url) as server:
        yield server


@pytest.fixture
async def log(valkey) -> AsyncIterator[RedisLog]:
    log = RedisLog(RedisSettings(url=valkey.url))
    yield log
    await log.close()


@pytest.fixture
def transport() -> str:
    return "websocket"


@pytest.fixture
def watcher(transport, server) -> Iterator[Watcher]:
    with Scenario("recover", server.url, TRANSPORT=transport) as scenario:
        watcher = Watcher(scenario)
        until(lambda: watcher.told("following"), within=30, what="the client to follow")
        yield watcher
        scenario.tell("enough")


async def write(log: RedisLog, number: int) -> None:
    """Append an entry to one of the two rooms until that is acknowledged."""
    entry = b'{"text":%d}' % number
    while True:
        try:
            await log.append("news" if number % 3 else "sports", entry, id=str(number))
        except LogUnavailable:
            await asyncio.sleep(0.05)
        else:
            return


async def written_under(log: RedisLog, disturbance: Any, *, entries: int) -> None:
    """Append at RATE, and disturb when a third is done."""
    disturbing = None
    for number in range(entries):
        if number == entries // 3:
            disturbing = asyncio.create_task(asyncio.to_thread(disturbance))
        await write(log, number)
        await asyncio.sleep(1 / RATE)
    assert disturbing is not None
    await disturbing


async def check(watcher: Watcher, entries: int) -> None:
    """Every entry once; those of a room in order."""
    await eventually(lambda: len(watcher.told("entry")) >= entries, within=60, what=f"{entries} entries")
    seen = watcher.told("entry")
    for third in (0, 1):
        room = [number for number in range(entries) if bool(number % 3) == bool(third)]
        assert [number for number in seen if bool(number % 3) == bool(third)] == room


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_after_kill_9_of_the_worker_it_is_recovered_without_hole_or_double(server, log, watcher):
    """Row 13."""

    def kill_and_start() -> None:
        server.kill()
        server.start()

    await written_under(log, kill_and_start, entries=120)

    await check(watcher, 120)
    assert watcher.told("recovered") == [False, True]


async def test_after_the_worker_was_replaced_it_is_recovered_without_hole_or_double(server, log, watcher):
    """Row 13: the old one ends its sessions and goes, as in a reload that cannot hand them over."""

    def replace() -> None:
        server.stop()
        server.start()

    await written_under(log, replace, entries=120)

    await check(watcher, 120)
    assert watcher.told("recovered") == [False, True]


async def test_after_redis_was_killed_nothing_is_missing_and_it_recovers_from_the_worker_s_death_as_well(
    server, log, watcher, valkey
):
    """Row 13."""

    valkey.answer_when_on_disk()

    def kill_both() -> None:
        valkey.kill()
        server.kill()
        valkey.start()
        server.start()

    await written_under(log, kill_both, entries=120)

    await check(watcher, 120)
    assert watcher.told("recovered") == [False, True]

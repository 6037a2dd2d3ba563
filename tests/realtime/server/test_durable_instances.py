"""Durable rooms on real servers: frames, ticks and acks in between, and a real Valkey that is killed under load."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator

import pytest

from chorus.realtime import DurableRooms, DurableSettings, MemoryLog, RedisBackplane, RedisSettings, Server
from chorus.realtime.server.client import Client
from parts.wire import FakeSession
from waiting import eventually

ROOM = "channel:3"

AWAY = float(os.environ.get("CHORUS_TEST_REDIS_AWAY", "1.5"))
"""Seconds."""


class Site:
    """Two instances of a server, with one log."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.log = MemoryLog()
        self.durables = [
            DurableRooms(server.namespace("/"), self.log, settings=DurableSettings(interval=0.5)) for server in servers
        ]

    async def member(self, instance: int) -> tuple[FakeSession, Client]:
        server = self.servers[instance]
        session = FakeSession(server)
        before = set(server.namespace("/").clients())
        session.say("40")
        await eventually(lambda: len(set(server.namespace("/").clients()) - before) == 1)
        (client,) = set(server.namespace("/").clients()) - before
        session.heard()
        return session, client

    async def append(self, by: int, entry: object) -> int:
        """Append, and announce on an instance."""
        raw = json.dumps(entry).encode()
        seq = await self.log.append(ROOM, raw, id=str(time.perf_counter_ns()))
        self.durables[by].announce(ROOM, seq, raw)
        return seq


@pytest.fixture
async def site(valkey) -> AsyncIterator[Site]:
    servers = [
        Server(instance=str(number), backplane=RedisBackplane(RedisSettings(url=valkey.url))) for number in range(2)
    ]
    site = Site(servers)
    for server in servers:
        await server.start()
    yield site
    for durable in site.durables:
        await durable.close()
    for server in servers:
        await server.close()


def seen(messages: list[str | bytes]) -> list[object]:
    return [json.loads(message[2:])[1] for message in messages if message.startswith('42["entry"')]


async def test_who_joins_in_the_tick_of_an_entry_gets_it_once(site):
    """The entry waits for the end of the tick in the room's fan-out; the newcomer had it from memory already."""
    old, first = await site.member(0)
    await site.durables[0].follow(first, ROOM, after=0)
    new, second = await site.member(0)

    await site.append(0, 1)
    await site.durables[0].follow(second, ROOM, after=0)
    await site.append(0, 2)
    await asyncio.sleep(0)

    assert seen(old.heard()) == [1, 2]
    assert seen(new.heard()) == [1, 2]


async def test_who_leaves_in_the_tick_of_an_entry_gets_what_was_before(site):
    session, client = await site.member(0)
    await site.durables[0].follow(client, ROOM, after=0)

    await site.append(0, 1)
    site.durables[0].unfollow(client, ROOM)
    await site.append(0, 2)
    await asyncio.sleep(0)

    assert seen(session.heard()) == [1]


async def test_a_follower_on_each_instance_gets_every_entry_in_order(site):
    sessions = [await site.member(instance) for instance in (0, 1)]
    for instance, (_, client) in enumerate(sessions):
        await site.durables[instance].follow(client, ROOM, after=0)
    got: list[list[object]] = [[], []]

    def all_here() -> bool:
        for view, (session, _) in zip(got, sessions, strict=True):
            view += seen(session.heard())
        return all(len(view) >= 2000 for view in got)

    await asyncio.gather(*[site.append(number % 2, number) for number in range(2000)])

    await eventually(all_here)
    expected = [json.loads(entry.data) for entry in await site.log.read(ROOM, 0, 2000)]
    assert got == [expected, expected]


@pytest.mark.processes
async def test_valkey_killed_under_load_costs_nobody_an_entry_nor_the_order(site, valkey):
    """Row 8: 100 entries a second, Valkey away; watchers on both instances, and late ones.

    A second and a half of absence here; `make outages` does 2, 4 and 15 s.
    """
    watchers = [await site.member(instance) for instance in (0, 1)]
    for instance, (_, client) in enumerate(watchers):
        await site.durables[instance].follow(client, ROOM, after=0)
    late: list[asyncio.Task[int]] = []
    begun = time.monotonic()

    killed, back = 60, 60 + round(AWAY * 100)
    end = back + 90
    for number in range(end):
        await site.append(number % 2, number)
        if number == killed:
            valkey.kill()
        if number in (killed + 40, back + 40):
            watchers.append(await site.member(1))
            late.append(asyncio.ensure_future(site.durables[1].follow(watchers[-1][1], ROOM, after=0)))
        if number == back:
            await asyncio.to_thread(valkey.start)
        await asyncio.sleep(max(0.0, begun + number / 100 - time.monotonic()))
    await asyncio.gather(*late)

    views: list[list[object]] = [[] for _ in watchers]

    def all_here() -> bool:
        for view, (session, _) in zip(views, watchers, strict=True):
            view += seen(session.heard())
        return all(len(view) >= end for view in views)

    await eventually(all_here, within=10.0)
    assert views == [list(range(end))] * 4

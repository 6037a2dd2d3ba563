"""Everybody comes back at once, as after a restart: 3,000 clients, each with cursors and something missed.

Two instances run on one processor; the clients, PostgreSQL and Redis on the other. Nobody is refused, and the pool of
each instance stays within its limit, or the scenario fails.
"""

import asyncio
import os
import time
from contextlib import ExitStack
from typing import Any, NamedTuple, cast

import asyncpg

from bench.contenders import Running, running
from bench.durable import Chat
from bench.machine import allow_descriptors, processors
from bench.postgres import postgres
from bench.scenario import Comparison, Request, Scenario, ScenarioFailed
from bench.valkey import valkey
from chorus.chaos.link import Hello, Line, Link, NotConnected
from chorus.chaos.messages import Person

CLIENTS, CHANNELS, INSTANCES = 3000, 100, 2
MISSED = 20
"""Entries in each channel that everybody in it missed."""

LIMIT = 10
"""Connections to the database of each instance, as in development."""

PATIENCE = 300.0

_MISSED = """
INSERT INTO entries (channel_id, seq, kind, at, sender_id, client_id, text, html)
SELECT c.id, n, 'posted', 1767225600000, 1, gen_random_uuid(), 'Hello', '<p>Hello</p>'
FROM channels c, generate_series(1, $1::int) n WHERE c.name <> 'general'
"""
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'chorus'"


class Storm(NamedTuple):
    """What one storm was like."""

    seconds: float
    """Until the last one had everything."""

    cpu_seconds: float
    connections: int
    """To the database, of all instances together, at most."""


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: somebody was refused or got less, or an instance had more connections than it may.
    """
    allow_descriptors(2 * CLIENTS + 200)
    storms: list[Storm] = []
    with postgres(request.folder) as url, valkey() as redis:
        chat = Chat(url, request.folder, people=CLIENTS, channels=CHANNELS)
        asyncio.run(_fill(url))
        for _ in range(request.rounds):
            with ExitStack() as stack:
                servers = [stack.enter_context(running(chat.contender(), redis_port=redis)) for _ in range(INSTANCES)]
                storms.append(asyncio.run(_storm(chat.people, servers, url)))
            request.progress(f"{storms[-1].seconds:.1f} s, {storms[-1].connections} connections to the database")
    return _compared(storms)


SCENARIO = Scenario("storm", "3,000 clients come back at once, each with something missed", run)


async def _fill(url: str) -> None:
    connection: Any = await cast("Any", asyncpg).connect(url)
    await connection.execute(_MISSED, MISSED)
    await connection.execute("UPDATE channels SET last_seq = $1 WHERE name <> 'general'", MISSED)
    await connection.close()


async def _storm(people: list[Person], servers: list[Running], url: str) -> Storm:
    os.sched_setaffinity(0, {processors()[1]})
    before, began = sum(server.cpu_seconds() for server in servers), time.monotonic()
    coming = asyncio.gather(
        *(_come_back(person, servers[number % len(servers)].port) for number, person in enumerate(people))
    )
    connections = await _most_connections(url, asyncio.ensure_future(coming))
    try:
        links = await coming
    except NotConnected as error:
        raise ScenarioFailed(f"storm: a client was refused: {error}") from error
    except TimeoutError as error:
        raise ScenarioFailed(f"storm: somebody had not caught up after {PATIENCE:g} s") from error
    storm = Storm(time.monotonic() - began, sum(server.cpu_seconds() for server in servers) - before, connections)
    for link in links:
        link.close()
    if connections > LIMIT * len(servers):
        raise ScenarioFailed(f"storm: found {connections} connections to the database, expected {LIMIT} an instance")
    return storm


async def _come_back(person: Person, port: int) -> Link:
    (channel,) = person.channels
    seen: list[int] = []
    complete = asyncio.Event()

    def came(line: Line) -> None:
        seen.append(line.seq)
        if len(seen) == MISSED:
            complete.set()

    async with asyncio.timeout(PATIENCE):
        hello = Hello(person.token, {channel: 0})
        link = await Link.open(f"http://127.0.0.1:{port}", hello, came, complete.set, within=PATIENCE)
        await complete.wait()
    if seen != list(range(1, MISSED + 1)):
        raise ScenarioFailed(f"storm: client {person.client} saw {seen}, expected 1 to {MISSED}")
    return link


async def _most_connections(url: str, during: "asyncio.Future[Any]") -> int:
    watching: Any = await cast("Any", asyncpg).connect(url)
    most = 0
    while not during.done():
        most = max(most, await watching.fetchval(_CONNECTIONS))
        await asyncio.wait({during}, timeout=0.1)
    await watching.close()
    return most


def _compared(storms: list[Storm]) -> Comparison:
    rows = [(f"{each.seconds:.1f}", f"{each.cpu_seconds:.1f}", str(each.connections)) for each in storms]
    return Comparison(
        f"A storm: {CLIENTS:,} clients at once on {INSTANCES} instances, {MISSED} entries missed by each",
        ("seconds until all had caught up", "CPU s of the instances", "connections to the database, at most"),
        rows,
        [each._asdict() for each in storms],
    )

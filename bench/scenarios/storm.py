"""Everybody comes back at once, as after a restart: 3,000 clients, each with cursors and something missed.

Two instances, the clients, PostgreSQL and Redis share the machine's processors, as after a restart of one. Nobody is
refused, and the pool of each instance stays within its limit, or the scenario fails.
"""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, cast

import asyncpg
import msgspec

from bench.contenders import Running, running
from bench.durable import Chat, write_script
from bench.load.generator import LOADS, Measured, build, measure
from bench.machine import allow_descriptors
from bench.postgres import postgres
from bench.scenario import Comparison, Request, Scenario, ScenarioFailed
from bench.valkey import valkey
from chorus.chaos.messages import Person

CLIENTS, CHANNELS, INSTANCES = 3000, 100, 2
MISSED = 20
"""Entries in each channel that everybody in it missed."""

LIMIT = 10
"""Connections to the database of each instance, as in development."""

PATIENCE = 120.0

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

    median_seconds: float
    cpu_seconds: float
    connections: int
    """To the database, of all instances together, at most."""


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: somebody was refused or got less, or an instance had more connections than it may.
    """
    allow_descriptors(CLIENTS + 200)
    program = build(LOADS / "storm.c", request.folder)
    storms: list[Storm] = []
    with postgres(request.folder) as url, valkey() as redis:
        chat = Chat(url, request.folder, people=CLIENTS, channels=CHANNELS)
        script = write_script(request.folder / "storm.txt", [coming_back(person) for person in chat.people])
        asyncio.run(_fill(url))
        for _ in range(request.rounds):
            with ExitStack() as stack:
                servers = [
                    stack.enter_context(running(chat.contender(), redis_port=redis, pinned=False))
                    for _ in range(INSTANCES)
                ]
                storms.append(asyncio.run(_storm(program, servers, script, url)))
            request.progress(f"{storms[-1].seconds:.1f} s, {storms[-1].connections} connections to the database")
    return _compared(storms)


SCENARIO = Scenario("storm", "3,000 clients come back at once, each with something missed", run)


def coming_back(person: Person) -> tuple[str, str, str]:
    """How a person connects who has seen nothing of its channel yet."""
    hello = {"token": person.token, "cursors": dict.fromkeys(map(str, person.channels), 0)}
    return f"40{msgspec.json.encode(hello).decode()}", "", ""


async def _fill(url: str) -> None:
    connection: Any = await cast("Any", asyncpg).connect(url)
    await connection.execute(_MISSED, MISSED)
    await connection.execute("UPDATE channels SET last_seq = $1 WHERE name <> 'general'", MISSED)
    await connection.close()


async def _storm(program: Path, servers: list[Running], script: Path, url: str) -> Storm:
    coming = asyncio.ensure_future(asyncio.to_thread(measure, program, servers, script, CLIENTS, MISSED, PATIENCE))
    connections = await _most_connections(url, coming)
    outcome, cpu_seconds = await coming
    if connections > LIMIT * len(servers):
        raise ScenarioFailed(f"storm: found {connections} connections to the database, expected {LIMIT} an instance")
    return Storm(outcome.seconds, outcome.p50_ms / 1000, cpu_seconds, connections)


async def _most_connections(url: str, during: "asyncio.Future[Measured]") -> int:
    watching: Any = await cast("Any", asyncpg).connect(url)
    most = 0
    while not during.done():
        most = max(most, await watching.fetchval(_CONNECTIONS))
        await asyncio.wait({during}, timeout=0.1)
    await watching.close()
    return most


def _compared(storms: list[Storm]) -> Comparison:
    rows = [
        (f"{each.seconds:.1f}", f"{each.median_seconds:.1f}", f"{each.cpu_seconds:.1f}", str(each.connections))
        for each in storms
    ]
    return Comparison(
        f"A storm: {CLIENTS:,} clients at once on {INSTANCES} instances, {MISSED} entries missed by each",
        (
            "seconds until all had caught up",
            "until half had",
            "CPU s of the instances",
            "connections to the database, at most",
        ),
        rows,
        [each._asdict() for each in storms],
    )

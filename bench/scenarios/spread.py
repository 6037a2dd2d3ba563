"""2,000 connections that stay, on 4 servers: how evenly they stand.

The connections come as fast as they are accepted, 100 at a time, and each asks once, so that it is known who has it.
"""

import asyncio
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.contenders import ServerFailed
from bench.machine import allow_descriptors
from bench.managers.chorus import Chorus
from bench.managers.contract import ProcessManager, running
from bench.managers.pm2 import Pm2
from bench.managers.preforking import Gunicorn, Uvicorn
from bench.scenario import Comparison, Request, Scenario

MANAGERS: Sequence[type[ProcessManager]] = (Chorus, Pm2, Uvicorn, Gunicorn)
CONNECTIONS, INSTANCES = 2000, 4
AT_ONCE = 100


def run(request: Request) -> Comparison:
    """Measure every manager in turn.

    Raises:
        ScenarioFailed: a manager did not start, or did not keep the connections.
    """
    allow_descriptors(CONNECTIONS + 200)
    seen: dict[str, list[list[int]]] = {manager.name: [] for manager in MANAGERS}
    for number in range(1, request.rounds + 1):
        for manager in MANAGERS:
            counts = _one_turn(manager, request.folder / f"{number}-{manager.__name__}")
            seen[manager.name].append(counts)
            request.progress(f"round {number}/{request.rounds}  {manager.name:<18} {counts}")
    return _compared(seen, request.rounds)


SCENARIO = Scenario("spread", "2,000 connections that stay on 4 servers: how evenly they stand", run)


def _one_turn(kind: type[ProcessManager], folder: Path) -> list[int]:
    """Connections of each server, the fullest last."""
    with running(kind, folder, instances=INSTANCES) as manager:
        holders = asyncio.run(_hold(manager))
    return sorted([*holders.values(), *[0] * (INSTANCES - len(holders))])


async def _hold(manager: ProcessManager) -> Counter[bytes]:
    limit = asyncio.Semaphore(AT_ONCE)
    writers: list[asyncio.StreamWriter] = []

    async def come() -> bytes:
        async with limit:
            reader, writer = await asyncio.open_connection("127.0.0.1", manager.port)
            writers.append(writer)
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            return await reader.readexactly(length)

    try:
        async with asyncio.timeout(120):
            return Counter(await asyncio.gather(*(come() for _ in range(CONNECTIONS))))
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise ServerFailed(f"{manager.name} did not keep {CONNECTIONS} connections: {error!r}") from error
    finally:
        for writer in writers:
            writer.close()


def _compared(seen: dict[str, list[list[int]]], rounds: int) -> Comparison:
    mean = CONNECTIONS / INSTANCES
    rows: list[tuple[str, ...]] = []
    figures: list[dict[str, object]] = []
    for name, turns in seen.items():
        middle = sorted(turns, key=lambda counts: counts[-1])[len(turns) // 2]
        fullest = statistics.median(counts[-1] / mean for counts in turns)
        rows.append((name, " ".join(str(count) for count in middle), f"{fullest:.3f}"))
        figures.append({"name": name, "connections": turns, "fullest_over_mean": fullest})
    return Comparison(
        title=f"{CONNECTIONS:,} connections that stay on {INSTANCES} servers; the median round of {rounds}",
        columns=("manager", "on each server", "fullest / mean"),
        rows=rows,
        figures=figures,
    )

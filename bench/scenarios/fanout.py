"""Fan-out: 1,000 sockets in 10 rooms, 100-byte messages; deliveries per second of the server's processor time.

The contenders take turns, so that whatever else the machine does falls on all of them; the figure is the median.
"""

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.contenders import CHORUS, NODE_SOCKET_IO, Contender, running
from bench.load.rooms import Measured, RoomsLoad, measure

CONTENDERS = (CHORUS, NODE_SOCKET_IO)
LOAD = RoomsLoad(sockets=1000, rooms=10, under_way=2, seconds=5.0, bytes=100)


class Line(NamedTuple):
    """One contender's medians."""

    name: str
    per_cpu_second: float
    """Deliveries per second of the server's processor time."""
    spread: tuple[float, float]
    """The worst and the best round's."""
    per_second: float
    p50_ms: float
    p99_ms: float


def run(program: Path, *, rounds: int, load: RoomsLoad = LOAD, progress: Callable[[str], None]) -> Sequence[Line]:
    """Measure every contender `rounds` times in turn; `program` is the built generator."""
    seen: dict[str, list[Measured]] = {contender.name: [] for contender in CONTENDERS}
    for number in range(1, rounds + 1):
        for contender in CONTENDERS:
            measured = _one_round(program, contender, load)
            seen[contender.name].append(measured)
            progress(f"round {number}/{rounds}  {contender.name:<16} {measured.per_cpu_second:>9,.0f} a CPU second")
    return [_median(name, measured) for name, measured in seen.items()]


def _one_round(program: Path, contender: Contender, load: RoomsLoad) -> Measured:
    with running(contender) as server:
        return measure(program, server, load)


def _median(name: str, rounds: Sequence[Measured]) -> Line:
    figures = [each.per_cpu_second for each in rounds]
    return Line(
        name,
        statistics.median(figures),
        (min(figures), max(figures)),
        statistics.median(each.outcome.deliveries / each.outcome.seconds for each in rounds),
        statistics.median(each.outcome.p50_ms for each in rounds),
        statistics.median(each.outcome.p99_ms for each in rounds),
    )

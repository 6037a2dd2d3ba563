"""Fan-out: 1,000 sockets in 10 rooms, 100-byte messages; deliveries per second of the server's processor time.

The contenders take turns, so that whatever else the machine does falls on all of them; the figure is the median.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.contenders import CHORUS, NODE_SOCKET_IO, Contender, install_node_packages, running
from bench.load.rooms import Measured, RoomsLoad, build, measure
from bench.scenario import Comparison, Request, Scenario

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


def run(request: Request) -> Comparison:
    """Measure every contender in turn.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(request.folder)
    load = LOAD if request.seconds is None else LOAD._replace(seconds=request.seconds)
    seen: dict[str, list[Measured]] = {contender.name: [] for contender in CONTENDERS}
    for number in range(1, request.rounds + 1):
        for contender in CONTENDERS:
            measured = _one_round(program, contender, load)
            seen[contender.name].append(measured)
            request.progress(
                f"round {number}/{request.rounds}  {contender.name:<16} {measured.per_cpu_second:>9,.0f} a CPU second"
            )
    return _compared([_median(name, measured) for name, measured in seen.items()])


SCENARIO = Scenario("fanout", "1,000 sockets in 10 rooms: deliveries per second of processor time", run)


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


def _compared(lines: Sequence[Line]) -> Comparison:
    """The ratio is of the first one's median to each other's."""
    ours = lines[0].per_cpu_second
    rows = [
        (
            line.name,
            f"{line.per_cpu_second:,.0f}",
            f"{line.spread[0]:,.0f} … {line.spread[1]:,.0f}",
            f"{ours / line.per_cpu_second:.1f} ×",
            f"{line.per_second:,.0f}",
            f"{line.p50_ms:.1f}",
            f"{line.p99_ms:.1f}",
        )
        for line in lines
    ]
    return Comparison(
        title="Fan-out: 1,000 sockets, 10 rooms, 100-byte messages; medians",
        columns=("server", "deliveries / CPU s", "worst … best", "Chorus is", "deliveries / s", "p50 ms", "p99 ms"),
        rows=rows,
        figures=[line._asdict() for line in lines],
    )

"""Something happens to a manager's servers while clients come: how many of their requests are not answered.

The managers take turns, so that whatever else the machine does falls on all of them; what failed is added up.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.contenders import ServerFailed
from bench.load.generator import build
from bench.load.visits import SOURCE, Visits, visits_during
from bench.managers.chorus import Chorus, ChorusNode
from bench.managers.contract import PATIENCE, ProcessManager, running
from bench.managers.pm2 import Pm2
from bench.managers.preforking import Gunicorn, Uvicorn
from bench.scenario import Comparison, Request

MANAGERS: Sequence[type[ProcessManager]] = (Chorus, ChorusNode, Pm2, Uvicorn, Gunicorn)
INSTANCES = 2
A_ROUND = 4
"""How often it happens in one round: twenty times in all with the usual five rounds."""

_WAYS = ("refused", "reset", "closed", "wrong", "late")


class _Turn(NamedTuple):
    visits: Visits
    seconds: float
    """Of one time."""
    unended: int
    """1 where it was not over in time; the turn ends with that."""


def churn(request: Request, happening: Callable[[ProcessManager], None], *, title: str, each: str) -> Comparison:
    """Let it happen to every manager in turn.

    Args:
        request: as the scenario got it.
        happening: what happens; it returns when it is over.
        title: of the table, after the number of times.
        each: the heading of the seconds that one time took.

    Raises:
        ScenarioFailed: a manager or the load did not start.
    """
    program = build(SOURCE, request.folder)
    turns: dict[str, list[_Turn]] = {manager.name: [] for manager in MANAGERS}
    for number in range(1, request.rounds + 1):
        for manager in MANAGERS:
            folder = request.folder / f"{number}-{manager.__name__}"
            turn = _one_turn(manager, folder, program, happening)
            turns[manager.name].append(turn)
            failed, answered = turn.visits.failed, turn.visits.answered
            request.progress(
                f"round {number}/{request.rounds}  {manager.name:<22} {failed} of {failed + answered:,} failed"
            )
    return _compared(turns, f"{request.rounds * A_ROUND} {title}", each)


def _one_turn(
    kind: type[ProcessManager], folder: Path, program: Path, happening: Callable[[ProcessManager], None]
) -> _Turn:
    with running(kind, folder, instances=INSTANCES) as manager:
        took: list[float] = []
        unended: list[ServerFailed] = []

        def happen() -> None:
            while len(took) < A_ROUND and not unended:
                began = time.monotonic()
                try:
                    happening(manager)
                except ServerFailed as failure:  # that it does not end is what was found
                    unended.append(failure)
                took.append(time.monotonic() - began)

        visits = visits_during(program, manager.port, happen)
    return _Turn(visits, sum(took) / len(took), len(unended))


def _compared(turns: dict[str, list[_Turn]], title: str, heading: str) -> Comparison:
    rows: list[tuple[str, ...]] = []
    figures: list[dict[str, object]] = []
    for name, of_it in turns.items():
        failed = sum(turn.visits.failed for turn in of_it)
        requests = failed + sum(turn.visits.answered for turn in of_it)
        ways = {way: sum(getattr(turn.visits, way) for turn in of_it) for way in _WAYS}
        unended = sum(turn.unended for turn in of_it)
        found = {**ways, f"times not over in {PATIENCE:g} s": unended}
        said = ", ".join(f"{count} {what}" for what, count in found.items() if count) or "-"
        slowest = max(turn.visits.worst_ms for turn in of_it)
        seconds = sum(turn.seconds for turn in of_it) / len(of_it)
        rows.append((name, f"{requests:,}", f"{failed:,}", said, f"{slowest:,.0f}", f"{seconds:.1f}"))
        figures.append(
            {
                "name": name,
                "requests": requests,
                "failed": failed,
                **ways,
                "unended": unended,
                "slowest_ms": slowest,
                heading: seconds,
            }
        )
    columns = ("manager", "requests", "failed", "how", "slowest ms", heading)
    return Comparison(title=title, columns=columns, rows=rows, figures=figures)

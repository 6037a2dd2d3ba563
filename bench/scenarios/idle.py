"""What a manager costs that has nothing to do: 8 programs that sleep, its own memory and processor time.

Memory is what each process has in RAM (resident), and its share where pages are shared (PSS).
"""

import os
import time
from pathlib import Path
from typing import NamedTuple

from bench.managers.chorus import ChorusIdle
from bench.managers.contract import ProcessManager, running
from bench.managers.pm2 import Pm2Idle
from bench.scenario import Comparison, Request, Scenario

INSTANCES = 8
REST = 10.0
"""Seconds after the start until it counts as idle."""
WATCHED = 20.0
"""Seconds over which processor time is read."""

MB = 1024 * 1024


class _Cost(NamedTuple):
    resident: int
    proportional: int
    cpu_share: float
    """Of one core."""


def run(request: Request) -> Comparison:
    """Measure each once: idleness has no turns.

    Raises:
        ScenarioFailed: a manager did not start.
    """
    watched = request.seconds or WATCHED
    costs: dict[str, _Cost] = {}
    for manager in (ChorusIdle, Pm2Idle):
        with running(manager, request.folder / manager.__name__, instances=INSTANCES, asked=False) as running_one:
            time.sleep(REST)
            costs[manager.name] = _cost(running_one, watched)
        cost = costs[manager.name]
        request.progress(f"{manager.name:<10} {cost.resident / MB:.1f} MB resident, {cost.cpu_share:.2%} of one core")
    rows = [
        (name, f"{each.resident / MB:.1f}", f"{each.proportional / MB:.1f}", f"{each.cpu_share:.2%}")
        for name, each in costs.items()
    ]
    return Comparison(
        title=f"A manager of {INSTANCES} idle programs, over {watched:g} s",
        columns=("manager", "resident MB", "PSS MB", "of one core"),
        rows=rows,
        figures=[{"name": name, **each._asdict()} for name, each in costs.items()],
    )


SCENARIO = Scenario("idle", "memory and processor time of the manager itself, beside PM2's daemon", run)


def _cost(manager: ProcessManager, seconds: float) -> _Cost:
    daemons = manager.daemons()
    before, began = sum(map(_cpu_seconds, daemons)), time.monotonic()
    time.sleep(seconds)
    share = (sum(map(_cpu_seconds, daemons)) - before) / (time.monotonic() - began)
    return _Cost(
        sum(_memory(pid, "status", "VmRSS:") for pid in daemons),
        sum(_memory(pid, "smaps_rollup", "Pss:") for pid in daemons),
        share,
    )


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int, file: str, name: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024

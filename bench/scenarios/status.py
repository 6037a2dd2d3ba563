"""The time a person waits for `chorus status` and for `pm2 ls`, with 4 servers each, in turns in one run."""

import statistics
import time

from bench.managers.chorus import Chorus
from bench.managers.contract import running
from bench.managers.pm2 import Pm2
from bench.scenario import Comparison, Request, Scenario

INSTANCES = 4
A_ROUND = 8
"""Runs of each command in one round."""


def run(request: Request) -> Comparison:
    """Measure both in turn.

    Raises:
        ScenarioFailed: a manager did not start.
    """
    with (
        running(Chorus, request.folder / "c", instances=INSTANCES) as chorus,
        running(Pm2, request.folder / "p", instances=INSTANCES) as pm2,
    ):
        commands = {"chorus status": lambda: chorus.run("status"), "pm2 ls": lambda: pm2.run("ls")}
        took: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(1, request.rounds + 1):
            for _ in range(A_ROUND):
                for name, command in commands.items():
                    began = time.perf_counter()
                    command()
                    took[name].append(time.perf_counter() - began)
            shown = ", ".join(f"{name} {statistics.median(times) * 1000:.0f} ms" for name, times in took.items())
            request.progress(f"round {number}/{request.rounds}  {shown}")
    rows = [
        (name, f"{statistics.median(times) * 1000:.0f}", f"{min(times) * 1000:.0f} … {max(times) * 1000:.0f}")
        for name, times in took.items()
    ]
    return Comparison(
        title=f"Status of {INSTANCES} servers, ms of wall time; the median of {request.rounds * A_ROUND}",
        columns=("command", "ms", "least … most"),
        rows=rows,
        figures=[{"name": name, "seconds": times} for name, times in took.items()],
    )


SCENARIO = Scenario("status", "the time `chorus status` takes, beside `pm2 ls`", run)

"""The memory of a whole chat that nobody uses: what a machine must have before the first user comes.

Each process counts with its share of the pages that several have (PSS), so that the sum is what the machine gives.
"""

import statistics
import time
from pathlib import Path

import psutil

from bench.installation import install
from bench.managers.chat import Chat, installed
from bench.managers.contract import running
from bench.scenario import Comparison, Request, Scenario

INSTANCES = 2
REST = 10.0
"""Seconds after the start until it counts as idle."""

MB = 1024 * 1024


def run(request: Request) -> Comparison:
    """Start it anew each round, in an installation of its own.

    Raises:
        ScenarioFailed: it cannot be installed, or does not start.
    """
    request.progress("installing")
    chat = installed(install(request.folder / "venv"))
    found: list[dict[str, float]] = []
    for number in range(1, request.rounds + 1):
        with running(chat, request.folder / f"chat{number}", instances=INSTANCES) as manager:
            time.sleep(REST)
            found.append(_shares(manager))
        request.progress(f"round {number}/{request.rounds}  {sum(found[-1].values()) / MB:.1f} MB")
    parts = {name: statistics.median(each[name] for each in found) for name in found[0]}
    parts = {"chorus": statistics.median(sum(each.values()) for each in found), **parts}
    return Comparison(
        title=f"Memory of an idle chat with {INSTANCES} workers; the median of {request.rounds}",
        columns=("process", "PSS MB"),
        rows=[("all of it" if name == "chorus" else name, f"{share / MB:.1f}") for name, share in parts.items()],
        figures=[{"name": name, "PSS MB": share / MB} for name, share in parts.items()],
    )


def _shares(manager: Chat) -> dict[str, float]:
    """Bytes of each process."""
    keeper, rpc = manager.daemons()
    named = {keeper: "keeper", rpc: "manager"} | {
        pid: f"worker {number}" for number, pid in enumerate(manager.workers())
    }
    whole = psutil.Process(keeper)
    return {named.get(each.pid, each.name()): _share(each.pid) for each in (whole, *whole.children(recursive=True))}


def _share(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


SCENARIO = Scenario("footprint", "memory of the whole chat while nobody uses it", run)

"""`make bench`: run the scenarios and print the comparison.

usage: python -m bench [--only NAME …] [--list] [--rounds N] [--seconds S] [--json]
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import msgspec
from rich.console import Console

from bench import aims, report
from bench.scenario import Comparison, Request, ScenarioFailed
from bench.scenarios import SCENARIOS


def main() -> int:
    """Run it; 0 when every scenario was measured, 1 when one could not be."""
    options = _options()
    signal.signal(signal.SIGTERM, _end)
    out, notes = Console(highlight=False, width=None if sys.stdout.isatty() else 120), Console(stderr=True)
    if options.list:
        for scenario in SCENARIOS:
            out.print(f"{scenario.name:<12} {scenario.summary}")
        return 0

    chosen = [scenario for scenario in SCENARIOS if not options.only or scenario.name in options.only]
    measured: dict[str, Comparison] = {}
    failed = False
    for scenario in chosen:
        notes.print(f"{scenario.name}: {scenario.summary}", highlight=False)
        with tempfile.TemporaryDirectory(prefix="chorus-bench-") as folder:
            request = Request(options.rounds, options.seconds, Path(folder), notes.print)
            try:
                measured[scenario.name] = scenario.run(request)
            except (ScenarioFailed, subprocess.CalledProcessError) as failure:
                notes.print(f"bench: {scenario.name}: {failure}", style="red", highlight=False)
                failed = True
                continue
        if not options.json:
            out.print(report.table(measured[scenario.name]))
    verdicts = aims.as_comparison(aims.judge(measured))
    if options.json:
        figures = {**{name: each.figures for name, each in measured.items()}, "aims": verdicts.figures}
        sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
    elif verdicts.rows:
        out.print(report.table(verdicts))
    return int(failed)


def _end(number: int, _frame: object) -> NoReturn:
    """Leave by an exception: the servers and process managers that were started are ended on its way out."""
    sys.exit(128 + number)


def _options() -> argparse.Namespace:
    names = [scenario.name for scenario in SCENARIOS]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Compare Chorus with other stacks in one run.")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"only these: {', '.join(names)}")
    parser.add_argument("--list", action="store_true", help="say what can be measured, and measure nothing")
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often each server is measured; the median counts (5)"
    )
    parser.add_argument(
        "--seconds", type=float, help="how long one round loads a server; by default as long as the scenario says"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON and nothing else on stdout")
    options = parser.parse_args()
    if options.rounds < 1 or (options.seconds is not None and options.seconds <= 0):
        parser.error("--rounds needs at least 1 and --seconds more than 0")
    return options


if __name__ == "__main__":
    sys.exit(main())

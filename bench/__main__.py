"""`make bench`: run the scenarios and print the comparison.

usage: python -m bench [--rounds N] [--seconds S] [--json]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
from rich.console import Console

from bench.contenders import ServerFailed, install_node_packages
from bench.load.rooms import LoadFailed, build
from bench.report import fanout_table
from bench.scenarios import fanout


def main() -> int:
    """Run it; 0 when every scenario was measured, 1 when one could not be."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Compare Chorus with other stacks in one run.")
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often each server is measured; the median counts (5)"
    )
    parser.add_argument(
        "--seconds", type=float, default=fanout.LOAD.seconds, help="how long one round loads a server (5)"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON and nothing else on stdout")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds needs at least 1 and --seconds more than 0")

    notes = Console(stderr=True, highlight=False)
    try:
        install_node_packages()
        with tempfile.TemporaryDirectory(prefix="chorus-bench-") as folder:
            program = build(Path(folder))
            load = fanout.LOAD._replace(seconds=options.seconds)
            lines = fanout.run(program, rounds=options.rounds, load=load, progress=notes.print)
    except (LoadFailed, ServerFailed, subprocess.CalledProcessError) as failure:
        notes.print(f"bench: {failure}", style="red")
        return 1
    if options.json:
        sys.stdout.write(msgspec.json.encode({"fanout": [line._asdict() for line in lines]}).decode() + "\n")
    else:
        Console(highlight=False, width=None if sys.stdout.isatty() else 120).print(fanout_table(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())

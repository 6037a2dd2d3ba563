"""The registry of what `make bench` measures, and how it is asked."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_every_scenario_file_is_registered_under_its_own_name():
    files = {path.stem for path in (ROOT / "bench" / "scenarios").glob("*.py")} - {"__init__"}

    listed = bench("--list").stdout.splitlines()

    assert {line.split()[0].replace("-", "_") for line in listed} == files


def test_an_unknown_scenario_is_refused_with_the_names_there_are():
    refused = bench("--only", "nonesuch")

    assert refused.returncode == 2
    assert "fanout" in refused.stderr

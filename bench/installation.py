"""Chorus as its users have it: in a virtual environment with what it needs to run, and nothing beside.

What happens to be installed costs memory: the framework loads what it knows of when it finds it.
"""

import subprocess
from pathlib import Path

from bench.scenario import ScenarioFailed

ROOT = Path(__file__).parent.parent


def install(folder: Path) -> Path:
    """Make the environment in `folder` as `make run` makes its own; its `chorus` command.

    Raises:
        ScenarioFailed: what it takes cannot be had here.
    """
    command = ["make", f"VENV={folder}", f"{folder}/.run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ScenarioFailed(f"{' '.join(command)}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return folder / "bin" / "chorus"

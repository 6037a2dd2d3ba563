"""The two words of the README, on a machine that has nothing of ours yet."""

import json
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.ports import free_port

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
MADE = {".git", ".venv", "node_modules", "artefacts", "build", "dist", "__pycache__", ".hypothesis", ".ruff_cache"}
"""Folders that commands make and nobody hands on."""

OURS = ("CHORUS", "REDIS", "DATABASE", "JWT", "PORT", "HOST", "NODE_ENV", "MAKE", "MFLAGS", "PYTHON", "VIRTUAL_ENV")
"""Variables that would tell the program, or make, something of this run."""


def sources() -> list[str]:
    """The files of the project: what git knows or would add, or everything where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ) if shutil.which("git") and (ROOT / ".git").exists() else None  # fmt: skip
    if listed is not None and listed.returncode == 0:
        return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    walked = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [str(path) for path in walked if not MADE & set(path.parts)]


class Machine:
    """A copy of the project, and a user whose home is empty."""

    def __init__(self, folder: Path) -> None:
        self.project, self.user, self.port = folder / "p", folder / "u", free_port()
        self.user.mkdir()
        for name in sources():
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.project / name)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        cache = os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
        self.environment = {**kept, "HOME": str(self.user), "PORT": str(self.port), "PIP_CACHE_DIR": cache}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make(self, target: str) -> str:
        """Run a target that must succeed; what it printed."""
        done = subprocess.run(
            ["make", target], cwd=self.project, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"make {target} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def health(self) -> str:
        with urllib.request.urlopen(f"{self.address}/health/ready", timeout=10) as answer:
            return json.load(answer)["status"]

    def processes(self) -> dict[int, str]:
        """What runs out of the copy, or on behalf of its user."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # it ended meanwhile
                continue
            if str(self.project) in command or str(self.user) in command:
                found[int(folder.name)] = command
        return found

    def sockets(self) -> list[Path]:
        return [path for path in self.user.rglob("*") if stat.S_ISSOCK(path.lstat().st_mode)]


@pytest.fixture
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="chorus-"))
    machine = Machine(folder)
    yield machine
    if machine.processes():
        machine.make("stop")
    shutil.rmtree(folder)


def test_make_run_starts_all_from_nothing_and_make_stop_leaves_nothing(machine: Machine):
    """Python, make and an empty home are enough; a second `make run` changes nothing and says so."""
    first = machine.make("run").splitlines()
    assert first[-1] == f"Chorus runs at {machine.address}"
    assert machine.health() == "ready"
    running = machine.processes()

    assert machine.make("run").splitlines() == [f"Chorus runs already at {machine.address}"]
    assert machine.processes() == running

    machine.make("stop")
    assert machine.processes() == {}
    assert machine.sockets() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", machine.port))


@pytest.mark.parametrize(
    ("optimised", "chosen"),
    [(["python3", "python3.12"], "python3"), (["python3.12"], "python3.12"), ([], "python3")],
    ids=["the usual one", "another one", "none"],
)
def test_a_python_that_was_built_for_speed_is_preferred(tmp_path: Path, optimised: list[str], chosen: str):
    """Of those that are new enough. These pretend to be: each only says whether it fits what it is asked for."""
    for name in ("python3", "python3.12"):
        fits = "true" if name in optimised else '[[ "$2" != *--enable-optimizations* ]]'
        (tmp_path / name).write_text(f"#!/bin/bash\n{fits}\n")
        (tmp_path / name).chmod(0o755)

    made = subprocess.run(
        ["make", "-s", "--eval", "chosen:; @echo $(PYTHON)", "chosen", "PYTHONS=no-python python3 python3.12"],
        cwd=ROOT, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert made.stdout.strip() == chosen


def test_in_a_folder_that_may_not_be_written_it_says_so_and_tries_nothing():
    folder = Path(tempfile.mkdtemp(prefix="chorus-"))
    try:
        shutil.copy(ROOT / "Makefile", folder)
        for name in ("requirements", ".venv"):
            (folder / name).mkdir()
        for name in ("requirements/run.txt", "pyproject.toml", ".venv/kept"):
            (folder / name).touch()
        for path in (folder / ".venv", folder):
            path.chmod(0o555)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

        made = subprocess.run(
            ["make", "run"], cwd=folder, env={"PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False, **nobody,
        )  # fmt: skip

        assert made.returncode == 2
        assert "may not write here" in made.stderr
        assert "cannot remove" not in made.stderr
        assert (folder / ".venv" / "kept").exists()
    finally:
        for path in (folder, folder / ".venv"):
            path.chmod(0o755)
        shutil.rmtree(folder)

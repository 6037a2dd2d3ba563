"""A shell in a folder of its own, from which the `chorus` command is run with a real cluster behind it."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import msgspec

from chorus.cluster.messages import Status
from chorus.cluster.rpc.client import Client
from parts import commands
from parts.ports import free_port
from waiting import PATIENCE, until

APPLICATIONS = Path(__file__).parents[1] / "processes" / "applications"


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be reaped by whoever inherited it does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second: it ended while we read
        return False


def cluster_status(home: Path) -> dict[str, Any]:
    """The document of `chorus status --json` for a home whose manager runs, or is being started again."""
    return until(lambda: _asked(home), within=30, what="the manager to answer")


def _asked(home: Path) -> dict[str, Any] | None:
    try:
        with Client(str(home / "rpc.sock"), timeout=30) as manager:
            return msgspec.to_builtins(manager.ask(Status()))
    except (ConnectionError, FileNotFoundError):  # killed a moment ago: the keeper starts it again
        return None


class Shell:
    """A shell in a folder with an ASGI application, and with a home of its own."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHORUS", "REDIS", "PORT"))}
        self.environment = {**kept, "CHORUS_HOME": str(home), "PORT": str(self.port)}
        shutil.copy(APPLICATIONS / "echo.py", folder)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "chorus", *words]

    def chorus(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end; one whose Python is told something by its environment begins from nothing."""
        variables = {**self.environment, **environment}
        if not any(name.startswith("PYTHON") for name in environment):
            return commands.run(words, cwd=self.folder, env=variables, timeout=60)
        return subprocess.run(
            self.command(*words), cwd=self.folder, env=variables, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def popen(self, *words: str) -> subprocess.Popen[str]:
        """Start one command."""
        return subprocess.Popen(
            self.command(*words), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def status(self) -> dict[str, Any]:
        """What `chorus status --json` prints; asked for in this process, as tests look often."""
        return cluster_status(self.home)

    def states(self, application: str = "echo") -> list[str]:
        named = {each["name"]: each for each in self.status()["applications"]}
        return [instance["state"] for instance in named[application]["instances"]]

    def pids(self) -> dict[str, list[int]]:
        return {each["name"]: [i["pid"] for i in each["instances"]] for each in self.status()["applications"]}

    def answer(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=PATIENCE) as response:
            return json.load(response)

    def write(self, text: str) -> None:
        """An ecosystem.toml in the folder."""
        (self.folder / "ecosystem.toml").write_text(text.replace("PORT", str(self.port)))

    @property
    def leftovers(self) -> list[str]:
        """Sockets and locks of a keeper or manager in the home."""
        return sorted(path.name for path in self.home.glob("*") if path.suffix in {".sock", ".pid", ".lock"})

    def ok(self, *words: str, **environment: str) -> str:
        """Run one command that must succeed; what it said."""
        ended = self.chorus(*words, **environment)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def instances(self, application: str) -> list[dict[str, Any]]:
        """The instances of an application, as `chorus status --json` tells them; none where it is not there."""
        named = {each["name"]: each for each in self.status()["applications"]}
        return named[application]["instances"] if application in named else []

    def program(self, name: str, text: str) -> str:
        """A file in the folder; its name."""
        (self.folder / name).write_text(text)
        return name

    def file(self, name: str, document: Any) -> str:
        """A file of applications in the folder, as JSON; its name."""
        return self.program(name, json.dumps(document))

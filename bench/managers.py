"""The process managers that are compared: each keeps a number of the smallest servers on one port.

    with running(Chorus, folder, instances=4) as manager:
        manager.reload()
        os.kill(manager.workers()[0], signal.SIGKILL)

They and their servers run on the first processor this program may use; the load runs on the second.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.contenders import NODE, SERVERS, ServerFailed, free_port, install_node_packages, processors

PM2_FOLDER = SERVERS / "pm2"
PATIENCE = 60.0
"""Seconds a command, or what follows from one, may take."""


class ProcessManager(ABC):
    """A manager in a folder of its own, with `instances` servers on `port`."""

    name: str

    def __init__(self, folder: Path, instances: int) -> None:
        self.folder, self.instances, self.port = folder, instances, free_port()

    @abstractmethod
    def start(self) -> None:
        """Return when the servers were started."""

    @abstractmethod
    def reload(self) -> None:
        """Replace every server without a gap; return when that is done."""

    @abstractmethod
    def workers(self) -> list[int]:
        """The processes that serve now."""

    @abstractmethod
    def daemons(self) -> list[int]:
        """The processes of the manager itself."""

    @abstractmethod
    def stop(self) -> None:
        """End all of it."""


class _Commanded(ProcessManager):
    """A manager with a daemon and a command."""

    command: Sequence[str]

    def run(self, *words: str, fine: Collection[int] = (0,)) -> str:
        """Run one of its commands; what it printed.

        Raises:
            ServerFailed: it ended with another code than those that are fine.
        """
        done = subprocess.run(
            [*self.command, *words], cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        if done.returncode not in fine:
            raise ServerFailed(f"{self.name}: {' '.join(words)} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def reload(self) -> None:
        """By its command."""
        self.run("reload", "shop")

    def stop(self) -> None:
        """Daemon and servers."""
        self.run("kill")

    @abstractmethod
    def _environment(self) -> dict[str, str]:
        """The variables of its command."""


class Chorus(_Commanded):
    """This project's, with the ASGI application in its own worker."""

    name = "chorus"
    command = (sys.executable, "-m", "chorus")
    entry = 'app = "plain:application"'

    def start(self) -> None:
        """From a file."""
        entry = [
            '[[apps]]\nname = "shop"', self.entry, f'cwd = "{SERVERS}"', f"instances = {self.instances}",
            'restart_delay = "100ms"\nmax_restarts = 10000',
        ]  # fmt: skip
        entry += [f'{stream}_file = "{self.folder}/{stream}.log"' for stream in ("out", "error", "combined")]
        (self.folder / "ecosystem.toml").write_text("\n".join([*entry, *self._socket()]) + "\n")
        self.run("start")

    def _socket(self) -> list[str]:
        return [f"port = {self.port}"]

    def workers(self) -> list[int]:
        """As its status tells."""
        [application] = self._status()["applications"]
        return [instance["pid"] for instance in application["instances"] if instance["state"] == "online"]

    def daemons(self) -> list[int]:
        """Keeper and manager."""
        status = self._status()
        return [status["keeper_pid"], status["manager_pid"]]

    def _status(self) -> dict[str, Any]:
        return json.loads(self.run("status", "--json", fine=(0, 4)))  # 4: something is not online just now

    def _environment(self) -> dict[str, str]:
        return _without("CHORUS") | {"CHORUS_HOME": str(self.folder / "home"), "PATH": _path_with_node()}


class ChorusNode(Chorus):
    """The same manager over the server that PM2 has."""

    name = "chorus, Node's server"
    entry = f'script = "{PM2_FOLDER / "server.js"}"'


class ChorusIdle(Chorus):
    """The same manager over programs that do nothing."""

    name = "chorus"
    entry = 'command = ["sleep", "100000"]'

    def _socket(self) -> list[str]:
        return []


class Pm2(_Commanded):
    """PM2 in cluster mode, in a home of its own."""

    name = "PM2"
    command = (str(NODE), str(PM2_FOLDER / "node_modules" / "pm2" / "bin" / "pm2"))
    program: Sequence[str] = (str(PM2_FOLDER / "server.js"), "--kill-timeout", "10000")

    def start(self) -> None:
        """In cluster mode, which `-i` means."""
        self.run("start", *self.program, "--name", "shop", "-i", str(self.instances))

    def workers(self) -> list[int]:
        """As its list tells."""
        listed: list[Any] = json.loads(self.run("jlist", "--silent"))
        return [each["pid"] for each in listed if each["pm2_env"]["status"] == "online"]

    def daemons(self) -> list[int]:
        """Its daemon."""
        return [int((self.folder / "pm2" / "pm2.pid").read_text())]

    def _environment(self) -> dict[str, str]:
        own = {"PM2_HOME": str(self.folder / "pm2"), "PORT": str(self.port), "PATH": _path_with_node()}
        return _without("PM2", "CHORUS", "LISTEN") | own


class Pm2Idle(Pm2):
    """PM2 over programs that do nothing."""

    program = ("/bin/sleep", "--interpreter", "none", "--", "100000")

    def start(self) -> None:
        """Eight of one program."""
        program, *options = self.program
        separator = options.index("--")
        self.run(
            "start", program, "--name", "shop", "-i", str(self.instances), *options[:separator], *options[separator:]
        )


class _Master(ProcessManager):
    """A server whose first process keeps its workers, and replaces them on SIGHUP."""

    command: Sequence[str]

    def start(self) -> None:
        """The first process is ours to end."""
        out = (self.folder / "out.log").open("wb")
        with out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._arguments()], cwd=SERVERS, stdout=out, stderr=subprocess.STDOUT
            )
        _wait_for(lambda: len(self.workers()) == self.instances, f"{self.name} to have its workers")

    def reload(self) -> None:
        """SIGHUP returns at once: wait until as many others as before have answered."""
        before = {str(pid).encode() for pid in self.workers()}
        self._process.send_signal(signal.SIGHUP)
        others: set[bytes] = set()

        def replaced() -> bool:
            others.add(_answer(self.port) or b"")
            return len(others - before - {b""}) >= self.instances

        _wait_for(replaced, f"{self.name} to replace its workers")

    def workers(self) -> list[int]:
        """Its children; Python's own helper processes are none."""
        children = psutil.Process(self._process.pid).children()
        return [each.pid for each in children if "resource_tracker" not in " ".join(_command_line(each))]

    def daemons(self) -> list[int]:
        """The first process."""
        return [self._process.pid]

    def stop(self) -> None:
        """The first process takes the others along."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()

    @abstractmethod
    def _arguments(self) -> Sequence[str]:
        """The module and its arguments."""


class Uvicorn(_Master):
    """uvicorn with its own process manager."""

    name = "uvicorn --workers"

    def _arguments(self) -> Sequence[str]:
        workers, port = str(self.instances), str(self.port)
        return ["uvicorn", "--workers", workers, "--port", port, "--no-access-log", "plain:application"]


class Gunicorn(_Master):
    """gunicorn, with workers of threads, which keep idle connections."""

    name = "gunicorn"

    def _arguments(self) -> Sequence[str]:
        options = ["--threads", "4", "--keep-alive", "120", "--worker-connections", "4000", "--no-control-socket"]
        where = ["--workers", str(self.instances), "--bind", f"127.0.0.1:{self.port}"]
        return ["gunicorn", *where, *options, "plain:wsgi"]


@contextmanager
def running(kind: type[ProcessManager], folder: Path, *, instances: int, asked: bool = True) -> Generator[Any]:
    """Start a manager with its servers on their processor, wait until they answer, and end it afterwards.

    Raises:
        ServerFailed: it did not start, or its servers do not answer (`asked`).
    """
    if issubclass(kind, Pm2 | ChorusNode):
        install_node_packages(PM2_FOLDER)
    folder.mkdir()
    manager = kind(folder, instances)
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processors()[0]})
    try:
        manager.start()
        if asked:
            _wait_for(lambda: _answer(manager.port) is not None, f"{manager.name} to answer")
        os.sched_setaffinity(0, ours)
        yield manager
    finally:
        os.sched_setaffinity(0, ours)
        manager.stop()


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise ServerFailed(f"waited {PATIENCE:g} s for {what}")
        time.sleep(0.05)


def _answer(port: int) -> bytes | None:
    """Who answers a new connection; None where nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return answer.read()
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        return None  # the server was just being replaced


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # it ended in between
        return []


def _without(*prefixes: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def _path_with_node() -> str:
    return os.pathsep.join([str(NODE.parent), os.environ.get("PATH", "")])

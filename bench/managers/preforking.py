"""Servers that are their own process managers: a master process with workers."""

import signal
import subprocess
import sys
from abc import abstractmethod
from collections.abc import Sequence

import psutil

from bench.contenders import SERVERS
from bench.managers.contract import PATIENCE, ProcessManager, answer, wait_for


class Preforking(ProcessManager):
    """A server whose first process keeps its workers, and replaces them on SIGHUP."""

    command: Sequence[str]

    def start(self) -> None:
        """The first process is ours to end."""
        out = (self.folder / "out.log").open("wb")
        with out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._arguments()], cwd=SERVERS, stdout=out, stderr=subprocess.STDOUT
            )
        wait_for(lambda: len(self.workers()) == self.instances, f"{self.name} to have its workers")

    def reload(self) -> None:
        """SIGHUP returns at once: wait until as many others as before have answered."""
        before = {str(pid).encode() for pid in self.workers()}
        self._process.send_signal(signal.SIGHUP)
        others: set[bytes] = set()

        def replaced() -> bool:
            others.add(answer(self.port) or b"")
            return len(others - before - {b""}) >= self.instances

        wait_for(replaced, f"{self.name} to replace its workers")

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


class Uvicorn(Preforking):
    """uvicorn with its own process manager."""

    name = "uvicorn --workers"

    def _arguments(self) -> Sequence[str]:
        workers, port = str(self.instances), str(self.port)
        return ["uvicorn", "--workers", workers, "--port", port, "--no-access-log", "plain:application"]


class Gunicorn(Preforking):
    """gunicorn, with workers of threads, which keep idle connections."""

    name = "gunicorn"

    def _arguments(self) -> Sequence[str]:
        options = ["--threads", "4", "--keep-alive", "120", "--worker-connections", "4000", "--no-control-socket"]
        where = ["--workers", str(self.instances), "--bind", f"127.0.0.1:{self.port}"]
        return ["gunicorn", *where, *options, "plain:wsgi"]


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # it ended in between
        return []

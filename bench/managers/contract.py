"""What a process manager is here: it keeps a number of the smallest servers on one port.

    with running(Chorus, folder, instances=4) as manager:
        manager.reload()
        os.kill(manager.workers()[0], signal.SIGKILL)

Managers and their servers run on the first processor this program may use; the load runs on the second.
"""

import http.client
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from bench.contenders import ServerFailed, install_node_packages
from bench.machine import free_port, on_processor, processors

PATIENCE = 60.0
"""Seconds a command, or what follows from one, may take."""


class ProcessManager(ABC):
    """A manager in a folder of its own, with `instances` servers on `port`."""

    name: str
    packages: Path | None = None
    """The folder of the Node packages that it needs."""

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


M = TypeVar("M", bound=ProcessManager)


@contextmanager
def running(kind: type[M], folder: Path, *, instances: int, asked: bool = True) -> Generator[M]:
    """Start a manager with its servers on their processor, wait until they answer, and end it afterwards.

    Raises:
        ServerFailed: it did not start, or its servers do not answer (`asked`).
    """
    if kind.packages is not None:
        install_node_packages(kind.packages)
    folder.mkdir()
    manager = kind(folder, instances)
    try:
        with on_processor(processors()[0]):
            manager.start()
            if asked:
                wait_for(lambda: answer(manager.port) is not None, f"{manager.name} to answer")
        yield manager
    finally:
        manager.stop()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Look until it holds.

    Raises:
        ServerFailed: it does not within `PATIENCE`; `what` was waited for.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise ServerFailed(f"waited {PATIENCE:g} s for {what}")
        time.sleep(0.05)


def answer(port: int) -> bytes | None:
    """Who answers a new connection; None where nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
            return response.read()
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        return None  # the server was just being replaced

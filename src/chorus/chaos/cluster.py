"""The scratch cluster: a CHORUS_HOME of its own, started with the `chorus` command as an operator starts one.

Who lives is not asked of the manager, for that one is killed: it is seen in the keeper's register of children and in
/proc, and a worker serves when it listens on its private socket in the home.
"""

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from chorus.chaos.errors import ChaosFailed
from chorus.chaos.ports import free_port

_COMMAND: Final = (sys.executable, "-P", "-m", "chorus")
_MANAGER: Final = b"chorus.cluster.manager"
_CHAT: Final = "chorus.entry.server:application"
_COMMAND_WITHIN: Final = 180.0
_OURS: Final = ("CHORUS_", "REDIS_", "DATABASE_", "PRISMA_", "NODE_", "PM2_", "SOCKET_IO_")
"""What the names of variables begin with that the caller's shell may not decide here."""


class ScratchCluster:
    """Keeper, manager and workers of one run."""

    def __init__(self, folder: Path, *, instances: int, settings: Mapping[str, str]) -> None:
        """Args: settings: variables of the chat, besides those that make it a scratch one."""
        self.port = free_port()
        self.home = folder / "home"
        self._folder = folder
        self._instances = instances
        self._settings = settings
        self._served: frozenset[int] = frozenset()
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
            "CHORUS_HOME": str(self.home),
        }

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until every instance is ready.

        Raises:
            ChaosFailed: it did not start; with what the command said.
        """
        file = self._folder / "ecosystem.toml"
        file.write_bytes(b"[[apps]]\n" + b"".join(_toml(key, value) for key, value in self._specification().items()))
        done = self._chorus("start", str(file))
        if done.returncode != 0:
            raise ChaosFailed(f"chorus start ended with exit code {done.returncode}: {_last_line(done)}")

    def stop(self) -> None:
        """End it, keeper included."""
        if self.home.exists():
            self._chorus("kill")

    def reload(self) -> str | None:
        """Reload the chat; None when that was done, else why not."""
        done = self._chorus("reload", "chat")
        return None if done.returncode == 0 else _last_line(done)

    def kill_manager(self) -> bool:
        """`kill -9`; whether there was one."""
        manager = self._manager()
        return manager is not None and _kill(manager)

    def kill_worker(self, pick: float) -> bool:
        """`kill -9` of one that serves, chosen by `pick` (0 to 1); whether there was one.

        It is one that served when this was asked the last time, too: where starting takes longer than what lies
        between two kills, nobody would serve anybody, and nothing would be proved.
        """
        serving = self._serving()
        long_enough = [pid for pid in serving if pid in self._served]
        self._served = frozenset(serving)
        return bool(long_enough) and _kill(long_enough[int(pick * len(long_enough))])

    def _specification(self) -> dict[str, object]:
        return {
            "name": "chat",
            "app": _CHAT,
            "cwd": str(self._folder),
            "port": self.port,
            "instances": self._instances,
            "wait_ready": True,
            "listen_timeout": 60,
            "health.path": "/health/ready",
            "max_restarts": 10_000,  # being killed is what they are here for
            "restart_delay": 0.1,
            "min_uptime": 1,
            **{f"env.{name}": value for name, value in self._settings.items()},
        }

    def _serving(self) -> list[int]:
        """The pids of the workers that are ready, in the order of their numbers and starts."""
        found: list[int] = []
        for path in sorted((self.home / "run").glob("chat:*.sock")):
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(str(path))
                except OSError:  # its worker is not ready, or was killed
                    continue
                pid, _, _ = struct.unpack("3i", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            found.append(pid)
        return list(dict.fromkeys(found))

    def _manager(self) -> int | None:
        try:
            _boot, *children = (self.home / "children").read_text().splitlines()
        except (OSError, ValueError):  # none yet, or none any more
            return None
        for pid in (line.split()[0] for line in children):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:  # it ended meanwhile
                continue
            if _MANAGER in command.split(b"\0"):
                return int(pid)
        return None

    def _chorus(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_COMMAND, *arguments],
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_WITHIN,
            check=False,
            start_new_session=True,  # Control-C ends the run, which then ends this
        )


def _toml(key: str, value: object) -> bytes:
    """A line of TOML, which writes texts and numbers as JSON does."""
    return f"{key} = ".encode() + msgspec.json.encode(value) + b"\n"


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # it ended meanwhile
        return False
    return True


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1].strip() if lines else "it said nothing"

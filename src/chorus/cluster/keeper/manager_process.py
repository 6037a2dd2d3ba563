"""The manager's process: started again whenever it ends, at once at first, then later and later."""

import os
import signal
import sys
import time
from collections.abc import Sequence

from chorus.cluster.keeper.execution import Program, execute
from chorus.cluster.keeper.loop import Loop
from chorus.cluster.keeper.wire import Failure

FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0
STABLE_AFTER = 10.0
"""Seconds: a manager that lived so long is started again after the first delay."""

LARGEST_DAEMON_LOG = 8 << 20
"""Bytes; at the next start of a manager a larger daemon.log becomes daemon.log.1."""


class ManagerProcess:
    """Keeps one manager running. Without a command it keeps none."""

    def __init__(self, loop: Loop, argv: Sequence[str], home: str) -> None:
        self._loop, self._argv, self._home = loop, argv, home
        self._delay = FIRST_DELAY
        self._started_at = 0.0
        self._stopping = False
        self.pid: int | None = None

    def start(self) -> None:
        """Start the manager now."""
        if self._stopping or not self._argv:
            return
        write_to_daemon_log(self._home)
        self._started_at = time.monotonic()
        try:
            # Its output goes where the keeper's own goes: daemon.log.
            self.pid = execute(Program(self._argv, os.getcwd(), os.environ, stdout=2, stderr=2))
        except Failure as failed:
            print(f"manager: {failed}", file=sys.stderr, flush=True)
            self._start_later()

    def reaped(self, pid: int, status: int) -> bool:
        """A process ended; True when it was the manager, which then starts again."""
        if pid != self.pid:
            return False
        self.pid = None
        if not self._stopping:
            print(f"manager {pid} ended with {os.waitstatus_to_exitcode(status)}", file=sys.stderr, flush=True)
            if time.monotonic() - self._started_at >= STABLE_AFTER:
                self._delay = FIRST_DELAY
            self._start_later()
        return True

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the manager for good."""
        self._stopping = True
        if self.pid is not None:
            os.kill(self.pid, number)

    def _start_later(self) -> None:
        self._loop.at(time.monotonic() + self._delay, self.start)
        self._delay = min(2 * self._delay, LONGEST_DELAY)


def write_to_daemon_log(home: str) -> None:
    """Let everything this process and the manager print go to daemon.log, which stays bounded."""
    path = os.path.join(home, "daemon.log")
    if os.path.exists(path) and os.path.getsize(path) > LARGEST_DAEMON_LOG:
        os.replace(path, path + ".1")
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    if fd > 2:
        os.close(fd)

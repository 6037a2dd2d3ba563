"""The manager's process: started again whenever it ends.

One that had got ready (READY=1 on notify.sock, once it knows everything) is started again after the first delay,
however often it is killed. The delay grows for those that never get that far. One that gives no sign of life
(WATCHDOG=1) for SILENCE is told to say where it hangs (SIGABRT), and killed.
"""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress

from chorus.cluster.keeper import daemon_log, watchdog
from chorus.cluster.keeper.daemon_log import say
from chorus.cluster.keeper.execution import Program, execute
from chorus.cluster.keeper.loop import Loop
from chorus.cluster.keeper.orphans import MANAGER, Register
from chorus.cluster.keeper.watchdog import Verdict
from chorus.cluster.keeper.wire import Failure

FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0
LOOK_EVERY = 60.0
"""Seconds between two looks at its size."""

SILENCE = float(os.environ.get("CHORUS_KEEPER_WATCHDOG", "25"))
"""Seconds the manager may give no sign of life; tests want fewer."""


class ManagerProcess:
    """Keeps one manager running. Without a command it keeps none."""

    def __init__(self, loop: Loop, argv: Sequence[str], home: str, register: Register) -> None:
        self._loop, self._argv, self._home, self._register = loop, argv, home, register
        self._notify_path = os.path.join(home, "notify.sock")
        self._delay = FIRST_DELAY
        self._stopping = False
        self._watch = watchdog.begin(SILENCE)
        self._signs = 0
        """Since the last look."""
        self.pid: int | None = None

    def start(self) -> None:
        """Start the manager now."""
        if self._stopping or not self._argv:
            return
        daemon_log.bound(self._home)
        with suppress(OSError):  # no room for a new one, where somebody removed it: the old one is written on
            daemon_log.take_over(self._home)
        env = {**os.environ, "NOTIFY_SOCKET": self._notify_path, "WATCHDOG_USEC": f"{SILENCE * 1e6:.0f}"}
        try:
            # Its output goes where the keeper's own goes: daemon.log.
            self.pid = execute(Program(self._argv, os.getcwd(), env, stdout=2, stderr=2))
            self._register.add(self.pid, MANAGER)
            self._watch = watchdog.begin(SILENCE)
            self._look_later(self.pid)
        except Failure as failed:
            say(f"manager: {failed}")
            self._start_later()

    def look_after_log(self) -> None:
        """Keep daemon.log bounded from now on."""
        daemon_log.bound(self._home)
        self._loop.at(time.monotonic() + LOOK_EVERY, self.look_after_log)

    def resume(self, pid: int | None) -> None:
        """Go on with the manager that the release before ran; it loses its connection, ends, and another follows."""
        self.pid = pid
        if pid is None:
            self.start()
        else:
            self._register.add(pid, MANAGER)

    def reaped(self, pid: int, status: int) -> bool:
        """A process ended; True when it was the manager, which then starts again."""
        if pid != self.pid:
            return False
        self.pid = None
        self._register.discard(pid)
        if not self._stopping:
            say(f"manager {pid} ended with {os.waitstatus_to_exitcode(status)}")
            self._start_later()
        return True

    def notified(self, pid: int, said: dict[str, str]) -> None:
        """A process said something; the manager says that it is ready."""
        if pid == self.pid and said.get("READY") == "1":
            self._delay = FIRST_DELAY
        if pid == self.pid and "WATCHDOG" in said:
            self._signs += 1

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the manager for good."""
        self._stopping = True
        if self.pid is not None:
            os.kill(self.pid, number)
            os.kill(self.pid, signal.SIGCONT)  # one that was stopped would not hear it

    def _look_later(self, pid: int) -> None:
        due = time.monotonic() + self._watch.every
        self._loop.at(due, lambda: self._look(pid, due))

    def _look(self, pid: int, due: float) -> None:
        """See whether this manager gave a sign of life. The clock stands while the machine sleeps."""
        if pid != self.pid or self._stopping:
            return
        signs, self._signs = self._signs, 0
        self._watch, verdict = watchdog.look(self._watch, signs=signs, lateness=time.monotonic() - due)
        if verdict is Verdict.ABORT:
            say(f"manager {pid} gave no sign of life for {self._watch.silence:g} s")
            os.kill(pid, signal.SIGABRT)
        elif verdict is Verdict.KILL:
            os.kill(pid, signal.SIGKILL)
        self._look_later(pid)

    def _start_later(self) -> None:
        self._loop.at(time.monotonic() + self._delay, self.start)
        self._delay = min(2 * self._delay, LONGEST_DELAY)

"""The keeper and the manager of a home, seen from outside: is there one, what does it say, waiting for it.

Starting one is `launching`, ending one is `ending`.
"""

import fcntl
import os
import socket
import time
from collections.abc import Callable
from typing import Final

from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.home import Home

START_DEADLINE: Final = 15.0
"""Seconds until a manager must answer."""

END_DEADLINE: Final = 30.0
"""Seconds until everything must be gone; longer than the keeper's own patience with its children."""

LOOK_EVERY: Final = 0.01
"""Seconds between two looks while something is waited for."""

_LAST_LINES: Final = 10


def answers(home: Home) -> bool:
    """Whether somebody listens on the manager's socket.

    Raises:
        CommandFailed: it is somebody else's.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(home.rpc_socket)
        except BlockingIOError:  # so many wait for an answer that no more may: somebody listens
            return True
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return False
        except PermissionError as error:
            raise CommandFailed(f"{home.rpc_socket} is somebody else's") from error
        return True


def keeper_pid(home: Home) -> int | None:
    """The keeper's process, when one runs: it holds a lock on keeper.pid as long as it lives."""
    pid, *_ = [*_keeper(home), ""]
    return int(pid) if pid.isdigit() else None


def is_ending(home: Home) -> bool:
    """Whether a keeper runs that is ending its children and itself."""
    return "ending" in _keeper(home)


def _keeper(home: Home) -> list[str]:
    """What the keeper that runs has written down of itself: its pid, and that it is ending."""
    try:
        with open(home.keeper_pid, encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().split()
    except (FileNotFoundError, NotADirectoryError):
        pass
    return []


def manager_pid(home: Home) -> int | None:
    """The manager's process as its keeper wrote it down, whether it answers or not."""
    from chorus.cluster.keeper.orphans import MANAGER, Register

    return next((each.pid for each in Register(home.path).living() if each.key == MANAGER), None)


def is_stopped(pid: int) -> bool:
    """Whether a signal holds a process, as SIGSTOP does."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in {"T", "t"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_manager(home: Home) -> None:
    """Return when the manager answers, or at once when there is no keeper that would start it.

    Raises:
        CommandFailed: a keeper runs, but no manager comes.
    """
    deadline = time.monotonic() + START_DEADLINE
    while (pid := keeper_pid(home)) is not None and not answers(home):
        if is_ending(home):
            wait_for_end(home)
        elif time.monotonic() > deadline:
            text = f"the keeper (pid {pid}) runs, but no manager answers after {START_DEADLINE:.0f} s"
            raise CommandFailed(text, last_words(home, 0))
        time.sleep(LOOK_EVERY)


def wait_for_end(home: Home) -> None:
    """Return when a keeper that is ending is gone.

    Raises:
        CommandFailed: it does not end.
    """
    if not within(END_DEADLINE, lambda: keeper_pid(home) is None):
        raise CommandFailed(f"the keeper (pid {keeper_pid(home)}) has been ending for {END_DEADLINE:.0f} s")


def runs(home: Home) -> bool:
    """Whether a manager answers: to be asked before what runs is counted as none. One on its way is waited for.

    Raises:
        CommandFailed: a keeper runs, but no manager comes.
    """
    wait_for_manager(home)
    return answers(home)


def wait_until_up(home: Home) -> None:
    """Return when the manager of a keeper that is being started answers.

    Raises:
        CommandFailed: it does not come.
    """
    if not within(START_DEADLINE, lambda: answers(home)):
        raise CommandFailed(f"no manager answers after {START_DEADLINE:.0f} s; see {home.daemon_log}")


def left_behind(home: Home) -> list[str]:
    """The instances that a killed keeper left: they serve on, and nobody looks after them. "chat:0 (pid 77)" each."""
    if keeper_pid(home) is not None:
        return []
    from chorus.cluster.keeper.orphans import MANAGER, Register

    left = Register(home.path).left_behind()
    return [
        f"{orphan.key.rpartition(':')[0] or orphan.key} (pid {orphan.pid})" for orphan in left if orphan.key != MANAGER
    ]


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether it came to be within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY)
    return True


def last_words(home: Home, start: int) -> list[str]:
    """The last lines of daemon.log, of those from this byte on."""
    with open(home.daemon_log, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(start if start <= end else 0, end - 16384))
        return file.read().decode(errors="replace").splitlines()[-_LAST_LINES:]

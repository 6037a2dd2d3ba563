"""Which processes descend from which, as /proc shows it, and a signal to exactly one of them.

A process is its pid and its start time: the pid alone may be another's a moment later. Where the system has pidfds, a
signal cannot go astray even between the look and the sending.
"""

import errno
import os
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Process(NamedTuple):
    """One that runs."""

    pid: int
    parent: int
    group: int
    session: int
    started: str
    """In the system's ticks since the boot."""


def seen(pid: int) -> Process | None:
    """The process with this pid; None when it has ended, reaped or not."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, *fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    parent, group, session = (int(field) for field in fields[:3])
    return None if state in b"ZX" else Process(pid, parent, group, session, fields[18].decode())


def everybody() -> list[Process]:
    """All processes that run."""
    return [process for name in os.listdir("/proc") if name.isdigit() and (process := seen(int(name))) is not None]


def with_descendants(
    roots: Iterable[int],
    children: Callable[[int], Iterable[int]],
    look: Callable[[int], Process | None] = seen,
) -> list[Process]:
    """These processes and all that descends from them, as far as they run; parents before their children."""
    found: dict[int, Process] = {}
    waiting = list(roots)
    for pid in waiting:  # grows while we go through it
        if pid not in found and (process := look(pid)) is not None:
            found[pid] = process
            waiting.extend(children(pid))
    return list(found.values())


def family(roots: Iterable[int]) -> list[Process]:
    """The same, as it is now."""
    return with_descendants(roots, children_of if _LISTED else _parents().__getitem__)


def children_of(pid: int) -> list[int]:
    """The children of a process, ended ones that are not reaped among them."""
    if not _LISTED:
        return _parents()[pid]
    found: list[int] = []
    for thread in _threads(pid):
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += [int(child) for child in file.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked: its children are another's now
    return found


def _threads(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []


def send(process: Process, number: int) -> bool:
    """Signal exactly this process; False when it has ended. Raises PermissionError."""
    fd: int | None = None
    try:
        fd = _pidfd(process.pid)
        found = seen(process.pid)
        if found is None or found.started != process.started:
            return False
        if fd is not None:
            signal.pidfd_send_signal(fd, number)
        else:
            os.kill(process.pid, number)
    except ProcessLookupError:
        return False
    finally:
        if fd is not None:
            os.close(fd)
    return True


def _pidfd(pid: int) -> int | None:
    """What stands for this process and no other; None where the system has no such thing."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        if error.errno in {errno.ENOSYS, errno.EPERM}:  # before Linux 5.3, or in a sandbox
            return None
        raise


def _parents() -> defaultdict[int, list[int]]:
    """Each parent's children, of all processes there are."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for process in everybody():
        found[process.parent].append(process.pid)
    return found


_LISTED = os.path.exists("/proc/thread-self/children")
"""Whether the system lists children (CONFIG_PROC_CHILDREN); where not, all processes are looked at."""

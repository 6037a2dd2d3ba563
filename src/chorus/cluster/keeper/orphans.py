"""Processes whose parent died: below a running keeper they are its to reap, and those of a killed one are ended.

A keeper that is killed leaves its children behind: nobody supervises them, their output goes nowhere, and they hold
the listening sockets that the next keeper wants. So each keeper writes down which children live (`children` in the
home: the boot, then pid, start time and key of each), and the next one ends those that are still the same processes.
Until then the command line reads it, to say who is left.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

PATIENCE = 5.0
"""Seconds between SIGTERM and SIGKILL for what a killed keeper left behind."""

_LOOK_EVERY = 0.02
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Have what descends from this process become its child when its parent dies, so that it is reaped here."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Orphan(NamedTuple):
    """A process that a killed keeper left behind."""

    pid: int
    key: str
    """The child's, "chat:0:1"; MANAGER for the manager."""


MANAGER = "manager"


class Register:
    """The file with the living children and the manager."""

    def __init__(self, home: str) -> None:
        self._path = os.path.join(home, "children")
        self._living: dict[int, tuple[str, str]] = {}

    def add(self, pid: int, key: str) -> None:
        """Write down one more."""
        self._living[pid] = (_started(pid), key)
        self._write()

    def discard(self, pid: int) -> None:
        """It ended."""
        if self._living.pop(pid, None) is not None:
            self._write()

    def _write(self) -> None:
        lines = [_boot(), *(f"{pid} {started} {_in_a_line(key)}" for pid, (started, key) in self._living.items())]
        fresh = self._path + ".new"
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            os.replace(fresh, self._path)
        except OSError as error:  # only a keeper that is killed meanwhile makes this a loss
            print(f"cannot write {self._path}: {error.strerror}", file=sys.stderr, flush=True)

    def left_behind(self) -> list[Orphan]:
        """Children of an earlier keeper, and its manager, that still run."""
        try:
            with open(self._path, encoding="utf-8") as file:
                boot, *lines = file.read().splitlines()
            known = [(int(pid), started, key) for pid, started, key in (line.split(" ", 2) for line in lines)]
        except (FileNotFoundError, ValueError):  # none, or not one that we wrote
            return []
        return [
            Orphan(pid, key) for pid, started, key in known if started and boot == _boot() and _started(pid) == started
        ]


def end(pids: Iterable[int]) -> None:
    """End these processes with their groups: SIGTERM, and SIGKILL for those that do not listen."""
    left = list(pids)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            _signal_group(pid, number)
        deadline = time.monotonic() + PATIENCE
        while left and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)
            left = [pid for pid in left if _started(pid)]


def _in_a_line(key: str) -> str:
    """A key as it can stand at the end of a line: what is none of ours may have any character in it."""
    return key if key.isprintable() else "?"


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it ended meanwhile, or its user is not ours to signal
        os.killpg(os.getpgid(pid), number)


def _started(pid: int) -> str:
    """When the process was started, in the system's ticks: with the pid it names one process. Empty when it ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, *fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if state == b"Z" else fields[18].decode()


def _boot() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()

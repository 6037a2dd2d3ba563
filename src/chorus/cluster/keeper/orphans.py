"""Processes whose parent died: below a running keeper they are its to reap, and those of a killed one are ended.

A keeper that is killed leaves its children behind: nobody supervises them, their output goes nowhere, and they hold
the listening sockets that the next keeper wants. So each keeper writes down which children live (`children` in the
home: the boot and the base of its marks, then pid, start time and key of each), and the next one ends those that are
still the same processes, with all that descends from them, and whatever else has one of its marks. Until then the
command line reads it, to say who is left.
"""

import ctypes
import os
import signal
import time
from typing import NamedTuple

from chorus.cluster.keeper import descent, marks
from chorus.cluster.keeper.daemon_log import say
from chorus.cluster.keeper.descent import Process

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
    """The child's, "chat:0:1"; MANAGER for the manager; of what a child started and is not below it, its name."""

    treekill: bool = True
    """Whether what descends from it belongs to it."""


MANAGER = "manager"

_ALONE = "!"
"""Before the start time of a child that is ended without what descends from it."""


class Register:
    """The file with the living children and the manager."""

    def __init__(self, home: str) -> None:
        self._path = os.path.join(home, "children")
        self._living: dict[int, tuple[str, str]] = {}
        self.base = 0
        """Of the marks of this keeper's children."""

    def add(self, pid: int, key: str, *, treekill: bool = True) -> None:
        """Write down one more."""
        started = _started(pid)
        self._living[pid] = (started if treekill else _ALONE + started, key)
        self._write()

    def discard(self, pid: int) -> None:
        """It ended."""
        if self._living.pop(pid, None) is not None:
            self._write()

    def _write(self) -> None:
        lines = [f"{_boot()} {self.base}"]
        lines += [f"{pid} {started} {_in_a_line(key)}" for pid, (started, key) in self._living.items()]
        fresh = self._path + ".new"
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            os.replace(fresh, self._path)
        except OSError as error:  # only a keeper that is killed meanwhile makes this a loss
            say(f"cannot write {self._path}: {error.strerror}")

    def living(self) -> list[Orphan]:
        """The children and the manager that are written down there and still run."""
        return self._read()[0]

    def left_behind(self) -> list[Orphan]:
        """The same of an earlier keeper, and what those processes started that is not below them."""
        found, base = self._read()
        below = {process.pid for process in _families(found)}
        return found + [Orphan(pid, name) for pid, name in _marked(base) if pid not in below]

    def _read(self) -> tuple[list[Orphan], int]:
        """What is written there of this boot and still holds, and the base of the marks."""
        try:
            with open(self._path, encoding="utf-8") as file:
                head, *lines = file.read().splitlines()
            boot, _, base = head.partition(" ")  # a release before marks had no base
            known = [(int(pid), started, key) for pid, started, key in (line.split(" ", 2) for line in lines)]
            base = int(base or "0")
        except (FileNotFoundError, NotADirectoryError, ValueError):  # none, or not one that we wrote
            return [], 0
        if boot != _boot():
            return [], 0
        living = [
            Orphan(pid, key, not started.startswith(_ALONE))
            for pid, started, key in known
            if started and _started(pid) == started.removeprefix(_ALONE)
        ]
        return living, base


def end(orphans: list[Orphan]) -> None:
    """End these with all that belongs to them: SIGTERM, and SIGKILL for those that do not listen."""
    left = _families(orphans)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in left:
            _signal(process, number)
        deadline = time.monotonic() + PATIENCE
        while left and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)
            left = [process for process in left if _started(process.pid) == process.started]


def _families(orphans: list[Orphan]) -> list[Process]:
    alone = [process for each in orphans if not each.treekill and (process := descent.seen(each.pid)) is not None]
    return alone + descent.family(each.pid for each in orphans if each.treekill)


def _marked(base: int) -> list[tuple[int, str]]:
    """Everything that has a mark of the keeper with this base: pid and name."""
    if not base:
        return []
    everybody = (process.pid for process in descent.everybody())
    return [(pid, _name(pid)) for pid in everybody if marks.number(marks.of(pid), base)]


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return _in_a_line(file.read().strip())
    except (FileNotFoundError, ProcessLookupError):
        return "?"  # it ended meanwhile


def _in_a_line(key: str) -> str:
    """A key as it can stand at the end of a line: what is none of ours may have any character in it."""
    return key if key.isprintable() else "?"


def _signal(process: Process, number: int) -> None:
    try:
        descent.send(process, number)
    except PermissionError:  # its user is not ours to signal
        say(f"may not signal process {process.pid}, which a killed keeper left")


def _started(pid: int) -> str:
    """When the process was started: with the pid it names one process. Empty when it ended."""
    process = descent.seen(pid)
    return "" if process is None else process.started


def _boot() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()

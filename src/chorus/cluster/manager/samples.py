"""One look at a process: memory, processor time, descriptors, as /proc tells them (proc(5)).

It is read by hand, because this happens for every process every second: one read of `stat` and one look at `fd`, some
20 µs in all. The proportional share of memory (PSS) makes the kernel walk over all pages of the process, 0.3 ms and
more, so it is read once a minute.
"""

import os
from collections.abc import Collection

import msgspec

PSS_EVERY = 60.0
"""Seconds between two looks at the proportional share of memory of a process."""

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_UTIME, _STIME, _RSS = 11, 12, 21
"""Places in /proc/PID/stat behind the name, which may have blanks in it."""


class Sample(msgspec.Struct, frozen=True):
    """One look at a process."""

    memory: int
    """Resident bytes."""

    cpu: float
    """Per cent of one processor since the sample before; 0.0 at the first."""

    descriptors: int = 0
    """Open descriptors."""

    pss: int | None = None
    """Bytes with shared pages counted in parts, as of the last minute; None where the system does not tell."""


class _Known:
    """What is remembered of a process between two looks."""

    def __init__(self, at: float, ticks: int, offset: float) -> None:
        self.at, self.ticks = at, ticks
        self.pss: int | None = None
        self.pss_due = at + offset


class Sampler:
    """Looks at processes; remembers the processor time of each between two looks."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    def sample(self, pid: int, now: float) -> Sample | None:
        """Look at a process; None when it is gone. `now` is in monotonic seconds."""
        try:
            fields = _read(f"/proc/{pid}/stat").rpartition(b") ")[2].split()
            descriptors = _descriptors(pid)
        except OSError:  # it ended between two looks, or is not ours to see
            self._known.pop(pid, None)
            return None
        ticks = int(fields[_UTIME]) + int(fields[_STIME])
        known = self._known.get(pid)
        if known is None:
            # A new process is looked at soon, and all of them not in the same second.
            known = self._known[pid] = _Known(now, ticks, offset=2.0 + pid % 8)
        elapsed = now - known.at
        cpu = 100.0 * (ticks - known.ticks) / _TICK / elapsed if elapsed > 0 else 0.0
        known.at, known.ticks = now, ticks
        if now >= known.pss_due:
            known.pss_due = now + PSS_EVERY
            known.pss = _share(pid)
        return Sample(int(fields[_RSS]) * _PAGE, cpu, descriptors, known.pss)

    def keep_only(self, pids: Collection[int]) -> None:
        """Forget every process that is not among these."""
        for pid in self._known.keys() - set(pids):
            del self._known[pid]


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 4096)
    finally:
        os.close(fd)


def _descriptors(pid: int) -> int:
    """Since Linux 6.2 the size of the folder is their number; before it is 0, and they are counted."""
    folder = f"/proc/{pid}/fd"
    return os.stat(folder).st_size or len(os.listdir(folder))


def _share(pid: int) -> int | None:
    try:
        lines = _read(f"/proc/{pid}/smaps_rollup").splitlines()
    except OSError:  # no such file in this kernel, or not ours to see
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:")), None)

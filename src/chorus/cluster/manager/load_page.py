"""What our workers show in their load pages (worker.gate): live connections, and how late their event loops are.

A page belongs to the keeper and is open in every worker of its application; the manager finds it once a worker, among
the worker's descriptors in /proc, and reads it from then on without asking the system.

    pages = LoadPages()
    pages.cell(pid, slot)          # Cell(connections=12, heartbeat=8123250, lag=310), or None
    pages.keep_only(living)
"""

import mmap
import os
import struct
from collections.abc import Collection

from chorus.cluster.worker.gate import CELL, HEARTBEAT, Cell

_CELL = struct.Struct("=qqq")
_MEMFD = "/memfd:chorus"


class LoadPages:
    """The pages found so far, by the worker in which they were found."""

    def __init__(self) -> None:
        self._pages: dict[int, mmap.mmap] = {}

    def cell(self, pid: int, slot: int) -> Cell | None:
        """What the worker with this pid and slot shows; None when it has no page or we may not look."""
        page = self._pages.get(pid)
        if page is None:
            page = _find(pid)
            if page is None:
                return None
            self._pages[pid] = page
        if (slot + 1) * CELL > len(page):
            return None
        return Cell(*_CELL.unpack_from(page, slot * CELL))

    def keep_only(self, pids: Collection[int]) -> None:
        """Let go of the pages of every other worker."""
        for pid in self._pages.keys() - set(pids):
            self._pages.pop(pid).close()


def lag(cell: Cell, now: float) -> float | None:
    """Seconds by which a worker's event loop is late; None while it does not accept. `now` in monotonic seconds.

    A loop that is blocked says nothing, so a heartbeat that is overdue counts for as much as it is overdue.
    """
    if not cell.heartbeat:
        return None
    overdue = now - cell.heartbeat / 1000 - HEARTBEAT
    return max(cell.lag / 1e6, overdue, 0.0)


def _find(pid: int) -> mmap.mmap | None:
    folder = f"/proc/{pid}/fd"
    try:
        # The page is among the first descriptors: it was there before the first connection.
        for fd in sorted(os.listdir(folder), key=int):
            if os.readlink(f"{folder}/{fd}").startswith(_MEMFD):
                return _map(f"{folder}/{fd}")
    except (OSError, ValueError):  # it ended meanwhile, is another user's, or its page is empty
        return None
    return None


def _map(path: str) -> mmap.mmap:
    page = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return mmap.mmap(page, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(page)

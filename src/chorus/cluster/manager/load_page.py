"""How many live connections a worker shows in its load page (worker.gate), read through /proc.

The page belongs to the keeper and is open in every worker of the application; the manager only looks, for `status`.
"""

import os
import struct

_CELL = struct.Struct("=qq")
"""Live connections, heartbeat."""

_MEMFD = "/memfd:chorus"


def connections(pid: int, slot: int) -> int | None:
    """Live connections of the worker with this pid and slot; None when it has no page or we may not look."""
    try:
        # The page is among the first descriptors: it was there before the first connection.
        for fd in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
            path = f"/proc/{pid}/fd/{fd}"
            if os.readlink(path).startswith(_MEMFD):
                return _read(path, slot)
    except OSError:  # it ended meanwhile, or is another user's
        return None
    return None


def _read(path: str, slot: int) -> int | None:
    page = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        cell = os.pread(page, _CELL.size, slot * _CELL.size)
    finally:
        os.close(page)
    return _CELL.unpack(cell)[0] if len(cell) == _CELL.size else None

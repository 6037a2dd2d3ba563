"""The mark of a child: a resource limit that no kernel enforces, and that whatever descends from the child inherits.

A process can leave its parent, its group and its session, clear its environment and write over what `/proc` shows of
it; servers that make daemons of themselves do all of that. Its limits it keeps, over every fork and exec, and only root
can raise them again. RLIMIT_RSS has had no effect since Linux 2.4.30 (getrlimit(2)), so each child gets one that is as
good as unlimited and its own alone: the keeper's base, less a number that is counted up.

    base = choose()                     # 0 where somebody limited it already: nothing is marked
    put(base - 3)                       # in the new process, before the exec
    number(of(pid), base)               # 3, for all that descends from it; 0 for what has no mark of this keeper
"""

import os
import resource

MOST = 1 << 32
"""Numbers a base has room for."""

_UNLIMITED = 1 << 62
"""Bytes; where the limits begin that we make of "unlimited"."""

_SPREAD = 1 << 56
"""Bytes below that among which a base is chosen: two keepers do not meet."""


def choose() -> int:
    """A base that no other keeper has; one that is started inside of a child of another keeper lowers that one's."""
    hard = resource.getrlimit(resource.RLIMIT_RSS)[1]
    top = _UNLIMITED if hard == resource.RLIM_INFINITY else min(hard, _UNLIMITED)
    return top - int.from_bytes(os.urandom(7)) - MOST if top > 2 * _SPREAD else 0


def put(mark: int) -> None:
    """Mark this process and all that descends from it from now on; 0 leaves it as it is."""
    if mark:
        soft = resource.getrlimit(resource.RLIMIT_RSS)[0]
        limited = soft != resource.RLIM_INFINITY and soft < mark
        resource.setrlimit(resource.RLIMIT_RSS, (soft if limited else mark, mark))


def of(pid: int) -> int:
    """The mark of a process; 0 when it has none, or is gone."""
    try:
        with open(f"/proc/{pid}/limits", "rb") as file:
            lines = file.read().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0  # gone, or hidden from us (hidepid)
    hard = next((line.split()[-2] for line in lines if line.startswith(b"Max resident set")), b"")
    return int(hard) if hard.isdigit() else 0


def number(mark: int, base: int) -> int:
    """Which child of the keeper with this base a mark is of; 0 when of none."""
    return base - mark if base and 0 < base - mark < MOST else 0

"""Which process of a child is its main one: the first, until another is named by `MAINPID=…` (sd_notify(3)).

A server that replaces itself without a gap starts its successor and ends: gunicorn after SIGUSR2, for one. The child
goes on as long as its main process does. So that the keeper learns of its end, only a process is accepted that will be
the keeper's own when its parent is gone: one of the child's session whose parent is the main process so far, or the
keeper, to which orphans come.
"""

import os


def named_by(claimed: str, *, session: int, main: int) -> int | None:
    """The process that `MAINPID=claimed` may make the main one; None where it may not."""
    if not (claimed.isascii() and claimed.isdigit() and len(claimed) < 10):
        return None
    pid = int(claimed)
    if pid == main:
        return pid
    return pid if belongs(pid, session) and _parent(pid) in {main, os.getpid()} else None


def belongs(pid: int, session: int) -> bool:
    """Whether a process is there, ended but not reaped included, and of this session."""
    try:
        return os.getsid(pid) == session
    except ProcessLookupError:
        return False


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it ended in between

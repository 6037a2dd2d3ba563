"""daemon.log: where the keeper and the manager say what they have to say, bounded in size."""

import os
import sys
from contextlib import suppress

LARGEST = 8 << 20
"""Bytes; a larger daemon.log becomes daemon.log.1."""

_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def say(text: str) -> None:
    """Say a line. Where daemon.log cannot be written, nobody is left to tell, and the keeper goes on."""
    with suppress(OSError):
        os.write(2, f"{text}\n".encode(errors="replace"))


def take_over(home: str) -> None:
    """Let everything this process and the manager say go there. Raises OSError."""
    fd = os.open(os.path.join(home, "daemon.log"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with suppress(OSError):  # what was said before, to whoever started us
        sys.stdout.flush()
        sys.stderr.flush()
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    if fd > 2:
        os.close(fd)


def bound(home: str) -> None:
    """Begin one anew that is too large. It stays the same file: the manager has it open, too."""
    path = os.path.join(home, "daemon.log")
    if not os.path.exists(path) or (size := os.path.getsize(path)) <= LARGEST:
        return
    try:
        _copy_end(path, size, path + ".1")
    except OSError as error:  # no room for a copy: the present one has to go all the same
        say(f"the old daemon.log cannot be kept: {error.strerror}")
    os.truncate(path, 0)


def _copy_end(source: str, size: int, target: str) -> None:
    """Copy the last LARGEST bytes."""
    with open(source, "rb") as old, os.fdopen(os.open(target, _ANEW, 0o600), "wb") as kept:
        position = max(0, size - LARGEST)
        while position < size and (copied := os.sendfile(kept.fileno(), old.fileno(), position, size - position)):
            position += copied

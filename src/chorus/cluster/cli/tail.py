"""The end of a log file, and what is added to it: by name, so that a rotated file is followed to its successor."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

BLOCK: Final = 1 << 16
FARTHEST: Final = 64 << 20
"""Bytes looked at from the end, however few of the lines in them are wanted."""

LONGEST_LINE: Final = 1 << 20
"""Bytes of a line without an end that are waited for; then it is shown in pieces."""

Wanted = Callable[[str], bool]


def last_lines(path: str, count: int, wanted: Wanted) -> tuple[list[str], int]:
    """The last lines that are wanted, oldest first, and the position in the file behind them.

    A file that is not there has no lines.
    """
    if not os.path.exists(path):
        return [], 0
    found: deque[str] = deque()
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        at, beginning = end, b""
        while at > 0 and len(found) < count and end - at < FARTHEST:
            size = min(BLOCK, at)
            at = file.seek(at - size)
            lines = (file.read(size) + beginning).split(b"\n")
            beginning = lines[0] if at > 0 else b""
            for line in reversed(lines[1:] if at > 0 else lines):
                text = line.decode(errors="replace")
                if line and len(found) < count and wanted(text):
                    found.appendleft(text)
    return list(found), end


class Follower:
    """Reads what is added to the file that a path names."""

    def __init__(self, path: str, position: int) -> None:
        self._path = path
        self._position = position
        self._fd: int | None = None
        self._rest = b""

    def read(self) -> Iterator[str]:
        """The whole lines that were added since the last call."""
        if self._fd is None and not self._open():
            return
        yield from self._lines()
        if self._replaced():
            yield from self._lines()  # what its writer still added before it was moved away
            self.close()
            self._position = 0
            if self._open():
                yield from self._lines()

    def close(self) -> None:
        """Let the file go."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            self._rest = b""

    def _open(self) -> bool:
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # nothing was logged yet, or its successor is not made yet
            return False
        return True

    def _lines(self) -> Iterator[str]:
        fd = self._fd
        if fd is None:
            return
        if os.fstat(fd).st_size < self._position:  # cut off by somebody
            self._position = 0
        while block := os.pread(fd, BLOCK, self._position):
            self._position += len(block)
            *whole, self._rest = (self._rest + block).split(b"\n")
            if len(self._rest) > LONGEST_LINE:
                whole, self._rest = [*whole, self._rest], b""
            for line in whole:
                yield line.decode(errors="replace")

    def _replaced(self) -> bool:
        if self._fd is None:
            return False
        try:
            return not os.path.samestat(os.fstat(self._fd), os.stat(self._path))
        except FileNotFoundError:  # moved away, its successor not made yet: go on with the old one
            return False

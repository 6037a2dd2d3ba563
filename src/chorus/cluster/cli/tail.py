"""What is added to a log file: by its name, so that a rotated file is followed to its successor."""

import os
import stat
from collections.abc import Callable, Iterator
from typing import Final

BLOCK: Final = 1 << 16
LONGEST_LINE: Final = 1 << 20
"""Bytes of a line without an end that are waited for; then it is shown in pieces."""

Wanted = Callable[[str], bool]
"""Whether a line is to be shown."""


class Follower:
    """Reads what is added to the file that a path names."""

    def __init__(self, path: str, position: int | None) -> None:
        """Begin there; None: at the end that the file has now, and with that very file."""
        self._path = path
        self.fd: int | None = None
        """The file, once it is open; whoever reads from it leaves its own position alone (`os.pread`)."""

        self.position = position or 0
        """Bytes before what is read next."""

        self._rest = b""
        if position is None and self._open() and self.fd is not None:
            self.position = os.fstat(self.fd).st_size

    def read(self) -> Iterator[str]:
        """The whole lines that were added since the last call."""
        if self.fd is None and not self._open():
            return
        yield from self._lines()
        if self._replaced():
            yield from self._lines()  # what its writer still added before it was moved away
            self.close()
            self.position = 0
            if self._open():
                yield from self._lines()

    def close(self) -> None:
        """Let the file go."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
            self._rest = b""

    def _open(self) -> bool:
        try:  # not waiting for whoever would write into a FIFO
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:  # nothing was logged yet, or its successor is not made yet
            return False
        if not stat.S_ISREG(os.fstat(fd).st_mode):  # a device or a FIFO keeps nothing that could be shown
            os.close(fd)
            return False
        self.fd = fd
        return True

    def _lines(self) -> Iterator[str]:
        fd = self.fd
        if fd is None:
            return
        if os.fstat(fd).st_size < self.position:  # cut off by somebody
            self.position = 0
        while block := os.pread(fd, BLOCK, self.position):
            self.position += len(block)
            *whole, self._rest = (self._rest + block).split(b"\n")
            if len(self._rest) > LONGEST_LINE:
                whole, self._rest = [*whole, self._rest], b""
            for line in whole:
                yield line.decode(errors="replace")

    def _replaced(self) -> bool:
        if self.fd is None:
            return False
        try:
            return not os.path.samestat(os.fstat(self.fd), os.stat(self._path))
        except FileNotFoundError:  # moved away, its successor not made yet: go on with the old one
            return False

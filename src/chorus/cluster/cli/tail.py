"""What is added to a log file: by its name, so that a rotated file is followed to its successor.

Who reads slowly, as a terminal that was held up, may find that its file and some successors were put aside meanwhile:
they are read in their order. Which those are is known from the names there were when the file was opened: of the new
ones, the first may be that file itself, unless retention took it away, or somebody else moved it.
"""

import os
import stat
import zlib
from collections.abc import Callable, Iterator

from chorus.cluster.cli import earlier
from chorus.cluster.cli.earlier import BLOCK, LONGEST_LINE

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
        self._earlier: list[str] | None = None
        """What was put aside when the file was opened, or was not there; None: that was not looked at yet."""

        self._read: os.stat_result | None = None
        """The file before the one that is open, as it was when it was read to its end."""

        self._between: list[str] = []
        """What was put aside between the file before and the one that is open, and is not read yet."""

        if position is None:
            if self._open() and self.fd is not None:
                self.position = os.fstat(self.fd).st_size
            else:
                self._earlier = earlier.names(path)

    def read(self) -> Iterator[str]:
        """The whole lines that were added since the last call."""
        if self.fd is not None:
            yield from self._lines()
            if self._is_current(missing=True):
                return
            yield from self._lines()  # what its writer still added before it was moved away
            self._read = os.fstat(self.fd)
            self.close()
            self.position = 0
        if self._open():
            yield from self._passed()
            yield from self._lines()

    def close(self) -> None:
        """Let the file go."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
            self._rest = b""

    def _open(self) -> bool:
        """Open what the path names, and see what was put aside since the last file was opened."""
        while True:
            try:  # not waiting for whoever would write into a FIFO
                fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            except (FileNotFoundError, NotADirectoryError):  # nothing was logged yet, or its successor is not made yet
                return False
            if not stat.S_ISREG(os.fstat(fd).st_mode):  # a device or a FIFO keeps nothing that could be shown
                os.close(fd)
                return False
            self.fd = fd
            names = earlier.names(self._path)
            if self._is_current(missing=False):
                break
            self.close()  # put aside in this moment, and so perhaps among the names
        if self._earlier is not None:
            new = [name for name in names if name not in self._earlier]
            self._between = new[1:] if new and self._was_read(new[0]) else new
        self._earlier = names
        return True

    def _was_read(self, name: str) -> bool:
        """Whether that is the file which was open before."""
        return self._read is not None and earlier.is_it(self._beside(name), self._read)

    def _beside(self, name: str) -> str:
        return os.path.join(os.path.dirname(self._path), name)

    def _passed(self) -> Iterator[str]:
        """What stands in the files that were put aside before one of them was opened."""
        between, self._between = self._between, []
        for name in between:
            path = self._beside(name)
            try:
                yield from earlier.lines(earlier.blocks(path))
            except (OSError, EOFError, zlib.error) as error:
                yield f"--- {path}: cannot be read: {error} ---"

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

    def _is_current(self, *, missing: bool) -> bool:
        """Whether the open file is the one that the path names; `missing`: what to say where it names none."""
        if self.fd is None:
            return False
        try:
            return os.path.samestat(os.fstat(self.fd), os.stat(self._path))
        except (FileNotFoundError, NotADirectoryError):  # moved away, its successor not made yet
            return missing

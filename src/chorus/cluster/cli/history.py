"""The last lines of a log over all its files: the one that is written to, and those that rotation put aside.

Theory of operation. Two passes, so that it needs the memory of one block, however many lines are asked for. The first
goes from the newest file back and counts the lines that are wanted until there are enough: the file that is written to
from its end, so that a large one costs no more than what is shown of it; one put aside from its beginning, because of a
compressed one there is no other way. The second goes on from the place that was found and gives the lines, oldest
first. Files that are compressed meanwhile are found by their other name; those removed meanwhile are passed over.

    history = History(path)
    for line in history.last(200, wanted): ...
    follower = history.follower()        # goes on behind the last of these lines
"""

import os
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from chorus.cluster import put_aside
from chorus.cluster.cli import earlier
from chorus.cluster.cli.earlier import BLOCK, LONGEST_LINE
from chorus.cluster.cli.tail import Follower, Wanted

MOST: Final = 1 << 30
"""Bytes of text in which lines are looked for, however few of them are wanted."""

_STAMP: Final = re.compile(rb'(?:\{"at": ")?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)')
"""How a line of the keeper's begins, as text and as JSON."""


class _Part(NamedTuple):
    """A file, and where in it the lines to be shown begin."""

    path: str
    """Of a file that was put aside; "" is the one that is written to."""

    offset: int = 0
    """Bytes before them."""

    passed_over: int = 0
    """Wanted lines before them, behind that place."""


class History:
    """One log, as it is now. What cannot be read of it is told to `warn`, a line each."""

    def __init__(self, path: str, warn: Callable[[str], None] = lambda _: None, *, most: int = MOST) -> None:
        """Open the file that is written to; `most` bytes of text are looked at for lines that are wanted."""
        self._path, self._warn, self._most = path, warn, most
        self._follower = Follower(path, None)
        self._fd, self._end = self._follower.fd, self._follower.position
        self._looked_at = 0
        self._unreadable: set[str] = set()

    def follower(self) -> Follower:
        """Reads what is added behind these lines, also when the file is put aside meanwhile."""
        return self._follower

    def last(self, count: int | None, wanted: Wanted, oldest: str = "") -> Iterator[str]:
        """The last lines that are wanted, oldest first.

        Args:
            count: how many; None: all there are.
            wanted: whether a line counts.
            oldest: a time, "2026-11-23T16:00:00.123Z", before which no line is wanted, so that nothing older need be
                read. Lines stand in the order of their times, because one process writes them.
        """
        for part in reversed(list(self._parts(count, wanted, oldest))):
            passed_over = part.passed_over
            for line in earlier.lines(self._blocks(part)):
                if not wanted(line):
                    continue
                if passed_over:
                    passed_over -= 1
                else:
                    yield line

    def _parts(self, count: int | None, wanted: Wanted, oldest: str) -> Iterator[_Part]:
        """The first pass: where the lines begin in each of the files that have some, the newest file first."""
        before = self._earlier(oldest)
        left = count
        if self._fd is not None and left != 0:
            offset, found = self._backwards(self._fd, left, wanted, oldest)
            yield _Part("", offset)
            left = None if left is None else left - found
            if offset > 0:
                return
        for path in reversed(before):
            if left is None:
                yield _Part(path)
            elif left > 0 and self._looked_at < self._most:
                there = sum(map(wanted, earlier.lines(self._counted(_Part(path)))))
                yield _Part(path, passed_over=max(0, there - left))
                left = max(0, left - there)
            elif left > 0:
                looked_at = f"looked at {self._looked_at >> 20} MB of {self._path}"
                return self._warn(f"{looked_at}; what is older stands in {path} and before")

    def _earlier(self, oldest: str) -> list[str]:
        """The files put aside that may have a line to show, oldest first, each once.

        The file that is written to may have been put aside since it was opened: it is not among them.
        """
        folder = os.path.dirname(self._path)
        names = [each for each in earlier.names(self._path) if put_aside.stamp(self._path, each) >= oldest]
        paths = [os.path.join(folder, each) for each in names]
        return [path for path in paths if self._fd is None or not _is(path, os.fstat(self._fd))]

    def _backwards(self, fd: int, count: int | None, wanted: Wanted, oldest: str) -> tuple[int, int]:
        """Where in the file that is written to the last `count` wanted lines begin, and how many there are from there.

        That place is the beginning of the file, unless there are enough behind it, or what is before it is too old.
        """
        if count is None and not oldest:
            return 0, 0
        at, beginning, found = self._end, b"", 0
        while at > 0:
            size = min(BLOCK, at)
            at -= size
            block = os.pread(fd, size, at) + beginning
            lines = block.split(b"\n")
            beginning = lines.pop(0) if at > 0 and (len(lines) > 1 or len(block) < LONGEST_LINE) else b""
            begins = at + len(block)
            for line in reversed(lines):
                begins -= len(line)
                if line and wanted(_text(line)):
                    found += 1
                    if found == count:
                        return begins, found
                begins -= 1  # the end of the line before it
            begins += 1
            self._looked_at += size
            if self._looked_at >= self._most or (lines and _is_older(lines[0], oldest)):
                return begins, found
        return 0, found

    def _counted(self, part: _Part) -> Iterator[bytes]:
        """The blocks of the first pass, up to the bound."""
        for block in self._blocks(part):
            self._looked_at += len(block)
            yield block
            if self._looked_at >= self._most:
                return

    def _blocks(self, part: _Part) -> Iterator[bytes]:
        """What stands in a file from its part on."""
        if part.path:
            try:
                yield from earlier.blocks(part.path)
            except (OSError, EOFError, zlib.error) as error:  # gzip.BadGzipFile is an OSError
                if part.path not in self._unreadable:  # the other pass said it
                    self._warn(f"{part.path}: cannot be read: {error}")
                self._unreadable.add(part.path)
        elif self._fd is not None:
            at = part.offset
            while at < self._end and (block := os.pread(self._fd, min(BLOCK, self._end - at), at)):
                at += len(block)
                yield block


def _is_older(line: bytes, oldest: str) -> bool:
    match = _STAMP.match(line)
    return match is not None and _text(match[1]) < oldest


def _text(line: bytes) -> str:
    return line.decode(errors="replace")


def _is(path: str, state: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), state)
    except FileNotFoundError:  # compressed by now
        return False

"""Log files: appended to in whole lines, shared by the children that name them, back when somebody removes them."""

import os
from collections.abc import Callable

from chorus.cluster.keeper.daemon_log import say

Told = Callable[[str, str | None], None]
"""Hears of a file, by its path, why it cannot be written; None: it can be again, or nobody wants to any more."""


class LogFile:
    """One file, opened to append. What cannot be written is counted, and said in the file when it works again."""

    def __init__(self, path: str, told: Told) -> None:
        self.path = path
        self.users = 0
        self._told = told
        self._trouble: str | None = None
        self._lost = 0
        self._torn = False
        self._fd: int | None = None

    def write(self, lines: bytes) -> None:
        """Append whole lines. Never raises: the child must not suffer from a full disk."""
        try:
            fd = self._current()
            if self._lost or self._torn:
                self._confess(fd)
            self._append(fd, lines)
        except OSError as error:
            self._lost += lines.count(b"\n")
            self._tell(error.strerror or repr(error))
        else:
            self._tell(None)

    def reopen(self) -> None:
        """Go to whatever file the path names now: the old one was moved by a rotation."""
        self.close()
        try:
            self._fd = self._open()
        except OSError as error:
            self._tell(error.strerror or repr(error))

    def give_up(self) -> None:
        """Nobody writes there any more."""
        self.close()
        if self._trouble is not None:
            self._trouble = None
            self._told(self.path, None)

    def _tell(self, trouble: str | None) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        say(f"cannot write {self.path}: {trouble}" if trouble else f"{self.path} is written again")
        self._told(self.path, trouble)

    def open(self) -> None:
        """Open it now, for whoever wants to know whether that is possible. Raises OSError."""
        self._fd = self._open()

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        # O_NONBLOCK keeps a FIFO without a reader from stopping the keeper.
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY, 0o600)

    def _current(self) -> int:
        if self._fd is not None and os.fstat(self._fd).st_nlink == 0:
            self.close()
        if self._fd is None:
            self._fd = self._open()
        return self._fd

    def _confess(self, fd: int) -> None:
        self._append(fd, b"%s--- up to %d lines could not be written here ---\n" % (b"\n" * self._torn, self._lost))
        self._lost = 0

    def _append(self, fd: int, lines: bytes) -> None:
        view = memoryview(lines)
        while view:
            written = os.write(fd, view)
            view = view[written:]
            self._torn = bool(view) and lines[len(lines) - len(view) - 1] != 0x0A


class LogFiles:
    """The open log files by path, each as long as somebody uses it."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._files: dict[str, LogFile] = {}

    def take(self, path: str, *, at_once: bool = True) -> LogFile:
        """The file at a path, opened when nobody has it yet.

        Raises OSError when it cannot be opened; with `at_once` False it is opened when there is something to write.
        """
        path = os.path.abspath(path)
        file = self._files.get(path)
        if file is None:
            file = LogFile(path, self._told)
            if at_once:
                file.open()
            self._files[path] = file
        file.users += 1
        return file

    def give_back(self, file: LogFile) -> None:
        """One user less; the last one closes it."""
        file.users -= 1
        if file.users == 0:
            file.give_up()
            del self._files[file.path]

    def reopen(self) -> None:
        """Open all of them anew by their paths."""
        for file in self._files.values():
            file.reopen()

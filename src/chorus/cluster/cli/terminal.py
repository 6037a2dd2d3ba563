"""What the operator sees: plain lines for programs, colours and one moving line for people.

Colours need a terminal, no NO_COLOR in the environment (https://no-color.org) and a TERM other than "dumb".
"""

import errno
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO, cast

from chorus.cluster.cli.failure import CommandFailed

_COLOURED = re.compile(r"\x1b\[[0-9;:]*m")
_COLOURED_PARTS = re.compile(r"(\x1b\[[0-9;:]*m)")
_CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}


class Paint:
    """Colours a text, or leaves it alone."""

    def __init__(self, *, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, colour: str) -> str:
        """Wrap the text in the colour's codes, when colours are on."""
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.on and colour else text


class Terminal:
    """The two streams of a command: results on `out`, progress and errors on `err`."""

    def __init__(self, out: TextIO, err: TextIO, environment: Mapping[str, str]) -> None:
        self.out = out
        self.err = err
        allowed = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
        self.draws = out.isatty() and environment.get("TERM") != "dumb"
        """Whether what was written on `out` can be drawn over."""

        self.moving = err.isatty() and environment.get("TERM") != "dumb"
        self.paint = Paint(on=allowed and out.isatty())
        self._paint_error = Paint(on=allowed and err.isatty())
        self._pending = False
        self.said = False
        """Whether anything of the result was written."""

    @property
    def width(self) -> int | None:
        """Columns of the terminal that `out` is; None where it is none, or nobody knows."""
        return _size(self.out).columns or None

    @property
    def height(self) -> int | None:
        """Its lines."""
        return _size(self.out).lines or None

    def say(self, text: str) -> None:
        """A line of the result.

        Raises:
            CommandFailed: it cannot be written, as to a disk that is full.
            BrokenPipeError: who read it has enough.
        """
        self.clear()
        self.said = True
        try:
            print(text, file=self.out, flush=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            let_go(self.out)
            why = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise CommandFailed(f"cannot write to standard output: {why}") from error

    def shown(self, text: str) -> str:
        """What a program wrote, as a line of the result: on a terminal its colours, if anything, and nothing else that
        could steer it; in a file or a pipe as it is.
        """
        if not self.out.isatty() or text.isprintable():
            return text
        if not self.paint.on:
            return _harmless(text)
        return "".join(part if _COLOURED.match(part) else _harmless(part) for part in _COLOURED_PARTS.split(text))

    def note(self, text: str) -> None:
        """A line beside the result, which a program that reads the result does not want."""
        self.clear()
        self._tell(_harmless(text))

    def ask(self, question: str) -> str | None:
        """A line from who sits at the terminal, asked for beside the result; None: the input is at its end (Ctrl-D)."""
        self.clear()
        self._tell(question, end=" ")
        line = sys.stdin.readline()
        if not line:
            self._tell("")
        return line.rstrip("\n") if line else None

    def progress(self, text: str, done: int, total: int) -> None:
        """A step is done: the one moving line of a terminal, else a line of its own."""
        text = _harmless(text)
        counted = f"{done}/{total} {text}" if total > 1 else text
        if not self.moving:
            self._tell(counted)
            return
        width = max(20, _size(self.err).columns - 1)
        self._tell(f"\r\x1b[K{self._paint_error(counted[:width], 'dim')}", end="")
        self._pending = True

    def clear(self) -> None:
        """Take the moving line away."""
        if self._pending:
            self._tell("\r\x1b[K", end="")
            self._pending = False

    def fail(self, program: str, message: str, detail: Sequence[str] = ()) -> None:
        """An error: one line that names it, then what belongs to it."""
        self.clear()
        lines = [f"{self._paint_error(f'{program}:', 'red')} {_harmless(message)}"]
        self._tell("\n".join([*lines, *(f"  {_harmless(line)}" for line in detail)]))

    def _tell(self, text: str, end: str = "\n") -> None:
        """Write beside the result. Where that cannot be, as on a full disk, it is lost: what is under way goes on."""
        try:
            print(text, end=end, file=self.err, flush=True)
        except OSError:
            let_go(self.err)


def standard() -> Terminal:
    """The terminal of this process. Streams that are closed, as with `>&-`, get stand-ins, here and in `sys`.

    What is asked of a closed standard input has no answer, what is written to a closed standard output fails, and what
    would have gone to a closed standard error is lost. So is their number taken, before a socket or a log gets it.
    """
    sys.stdin = sys.stdin or _stand_in(os.O_RDONLY, "r")
    sys.stdout = sys.stdout or _stand_in(os.O_RDONLY, "w")
    sys.stderr = sys.stderr or _stand_in(os.O_WRONLY, "w")
    return Terminal(sys.stdout, sys.stderr, os.environ)


def _stand_in(access: int, mode: str) -> TextIO:
    return cast("TextIO", os.fdopen(os.open(os.devnull, access), mode))


def _harmless(text: str) -> str:
    """A text without what could steer the terminal: it may be of a file or a program that is somebody else's."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\t\n" else "?" for c in _COLOURED.sub("", text))


def _size(stream: TextIO) -> os.terminal_size:
    """How large the terminal is that a stream is; nothing by nothing where it is none."""
    try:
        return os.get_terminal_size(stream.fileno()) if stream.isatty() else os.terminal_size((0, 0))
    except OSError:  # it is gone
        return os.terminal_size((0, 0))


def let_go(stream: TextIO) -> None:
    """Have what a stream still holds, and all that is written to it, go nowhere: Python flushes it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)

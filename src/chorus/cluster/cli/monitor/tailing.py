"""The end of an instance's log, and what is added to it."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from chorus.cluster.cli.history import History
from chorus.cluster.cli.logs import STAMPED, as_text, choose, chosen
from chorus.cluster.cli.tail import Follower
from chorus.cluster.messages import LogFile

FIRST_LINES: Final = 200
MOST_LOOKED_AT: Final = 64 << 20
"""Bytes of a log in which they are looked for."""

MOST_LINES: Final = 200
"""Lines shown of what came since the last look; of more than that, the last ones."""


class Line(NamedTuple):
    """A line of a log."""

    at: str
    """Local time, "16:00:00"; empty for a line without a stamp."""

    text: str


class Tail:
    """What one instance logs."""

    def __init__(self, target: str, files: Sequence[LogFile], *, errors: bool) -> None:
        """Begin with the last lines.

        Args:
            target: the instance, "chat:0".
            files: where it logs.
            errors: standard error alone.
        """
        self.target = target
        paths = choose(files, ("error",) if errors else ("combined",))
        self._wanted: Callable[[str], bool] = chosen([target], files)
        self._waiting: deque[Line] = deque(maxlen=FIRST_LINES)
        self._followers: list[Follower] = []
        for path in paths:
            history = History(path, most=MOST_LOOKED_AT)
            self._waiting.extend(map(_line, history.last(FIRST_LINES, lambda line: self._wanted(as_text(line)))))
            self._followers.append(history.follower())

    def read(self) -> list[Line]:
        """The lines that came since the last call."""
        lines = list(self._waiting)
        self._waiting.clear()
        for follower in self._followers:
            wanted = (line for line in follower.read() if self._wanted(as_text(line)))
            lines += map(_line, deque(wanted, maxlen=MOST_LINES))
        return lines

    def close(self) -> None:
        """Let the files go."""
        for follower in self._followers:
            follower.close()


def _line(written: str) -> Line:
    """A line as the keeper wrote it, taken apart; what could steer a terminal is replaced."""
    match = STAMPED.match(as_text(written))
    at, text = ("", written) if match is None else (_local(match[1]), match[3])
    text = text.replace("\t", "    ")
    return Line(at, text if text.isprintable() else "".join(c if c.isprintable() else "·" for c in text))


def _local(stamp: str) -> str:
    try:
        return datetime.fromisoformat(stamp).astimezone().strftime("%H:%M:%S")
    except ValueError:  # a program of the user's own writes something like it
        return ""

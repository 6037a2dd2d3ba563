"""A child's output: what comes out of its pipes becomes whole lines in log files, and the last ones stay in memory.

A pipe is read in large batches, and a batch is written at once: its last line feed splits it into whole lines, which
are written, and a beginning of a line, which waits for its rest. A beginning becomes a line of its own when the child
ends or when it grows past LONGEST_LINE. So lines of several children can share a file and none is ever torn.
"""

import fcntl
import json
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from chorus.cluster.keeper.logs import LogFile
from chorus.cluster.keeper.loop import Loop
from chorus.cluster.keeper.wire import LONGEST_TAIL

BATCH = 1 << 16
"""Bytes read of one pipe before the others have their turn."""

PIPE_SIZE = 1 << 18
"""Bytes a child can write ahead while the keeper is busy. Larger pipes would eat a user's share of pipe memory."""

LONGEST_LINE = 1 << 18
"""Bytes kept of a line without an end; a longer line is written in pieces."""

LONGEST_TAIL_LINE = 1000
"""Bytes kept in memory of each of the last lines."""


def timestamp(at: float) -> bytes:
    """Wall seconds as `2026-11-23T16:00:00.123Z`."""
    milliseconds = int(at * 1000)
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return b"%s.%03dZ" % (seconds.encode(), milliseconds % 1000)


def stamped(lines: bytes, name: bytes, at: float) -> bytes:
    """Whole lines, each behind `time name | `."""
    prefix = b"%s %s | " % (timestamp(at), name)
    return prefix + lines[:-1].replace(b"\n", b"\n" + prefix) + b"\n"


def as_json(lines: bytes, name: bytes, stream: str, at: float) -> bytes:
    """Whole lines, each as a JSON object in a line of its own; bytes that are not UTF-8 are replaced."""
    known = {"at": timestamp(at).decode(), "instance": name.decode(), "stream": stream}
    head = json.dumps(known, ensure_ascii=False)[:-1]
    texts = lines[:-1].decode(errors="replace").split("\n")
    return "".join(f'{head}, "line": {json.dumps(text, ensure_ascii=False)}}}\n' for text in texts).encode()


class Lines:
    """Cuts a stream of bytes into batches of whole lines."""

    def __init__(self, beginning: bytes = b"") -> None:
        self._beginning = bytearray(beginning)

    def feed(self, batch: bytes) -> bytes:
        """The whole lines there are now, or nothing."""
        end = batch.rfind(b"\n") + 1
        if end:
            lines = bytes(self._beginning) + batch[:end]
            self._beginning = bytearray(batch[end:])
            return lines
        self._beginning += batch
        return self.rest() if len(self._beginning) >= LONGEST_LINE else b""

    @property
    def beginning(self) -> bytes:
        """What waits for the rest of its line."""
        return bytes(self._beginning)

    def rest(self) -> bytes:
        """The beginning that waits, as a line; nothing when none does."""
        lines = bytes(self._beginning) + b"\n" if self._beginning else b""
        self._beginning = bytearray()
        return lines


class Tail:
    """The last lines of a child."""

    def __init__(self) -> None:
        self.lines: deque[bytes] = deque(maxlen=LONGEST_TAIL)

    def add(self, lines: bytes) -> None:
        """Remember the last of some whole lines."""
        for line in lines[:-1].rsplit(b"\n", LONGEST_TAIL)[-LONGEST_TAIL:]:
            self.lines.append(line[:LONGEST_TAIL_LINE])

    def last(self, count: int) -> list[str]:
        """At most `count` lines, oldest first."""
        return [line.decode(errors="replace") for line in list(self.lines)[-count:]] if count > 0 else []


class Output:
    """The keeper's end of one pipe."""

    def __init__(
        self,
        loop: Loop,
        fd: int,
        *,
        files: Sequence[LogFile],
        tail: Tail,
        name: bytes | None,
        on_end: Callable[[Sequence[LogFile]], None],
        beginning: bytes = b"",
        stream: str = "",
    ) -> None:
        """Begin to read. With a `stream` ("out", "err") the lines are written as JSON, and it is named in them."""
        self._loop, self._fd, self._files, self._tail, self._name, self._on_end = loop, fd, files, tail, name, on_end
        self._stream = stream
        self._lines = Lines(beginning)
        self.open = True
        os.set_blocking(fd, False)
        loop.watch(fd, self._readable)

    def state(self) -> dict[str, Any]:
        """What the next release of the keeper goes on with."""
        name = None if self._name is None else self._name.decode()
        beginning = self._lines.beginning.decode("latin-1")
        files = [file.path for file in self._files]
        return {"fd": self._fd, "files": files, "name": name, "beginning": beginning, "stream": self._stream}

    def drain(self) -> None:
        """Write what the child left in the pipe when it ended, unfinished line included.

        The pipe stays watched until its end: processes the child left behind may go on writing.
        """
        for _ in range(2 * PIPE_SIZE // BATCH):
            if not self.open or not self._readable():
                break
        self._write(self._lines.rest())

    def _readable(self) -> bool:
        if not self.open:
            return False  # its number may be another's by now
        try:
            batch = os.read(self._fd, BATCH)
        except BlockingIOError:
            return False  # nothing there
        self._write(self._lines.feed(batch) if batch else self._lines.rest())
        if not batch:
            self._close()
        return bool(batch)

    def _write(self, lines: bytes) -> None:
        if not lines:
            return
        self._tail.add(lines)
        if self._name is not None and self._files:
            now = time.time()
            json_wanted = self._stream != ""
            lines = as_json(lines, self._name, self._stream, now) if json_wanted else stamped(lines, self._name, now)
        for file in self._files:
            file.write(lines)

    def _close(self) -> None:
        self.open = False
        self._loop.unwatch(self._fd)
        os.close(self._fd)
        self._on_end(self._files)


def output_pipe() -> tuple[int, int]:
    """A pipe as large as may be: the end to read and the end for the child."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    with suppress(OSError):  # the user's share of pipe memory is used up: the system's usual size does as well
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
    return reading, writing

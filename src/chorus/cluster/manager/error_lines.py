"""How many lines each application wrote to standard error within the last minute.

The keeper writes the files and is not asked: what was added to them since the last look is read, up to a bound, and its
lines are counted. Where applications share a file, the stamp that the keeper puts before each line tells whose it is.
"""

import os
import re
import stat
from collections import deque
from collections.abc import Collection, Iterable, Mapping

from chorus.cluster.spec import ApplicationSpec

MINUTE = 60.0

_LARGEST_LOOK = 1 << 20
"""Bytes of one file that are read at a look; of more, the count is in proportion."""

_STAMP = re.compile(rb'^(?:\S+Z ([^\s:|]+):\d+ \| |\{"at": "[^"]*", "instance": "([^":]+):)', re.MULTILINE)


class ErrorLines:
    """Counts, look by look."""

    def __init__(self, began: float) -> None:
        """`began` and every `now` are in monotonic seconds."""
        self.began = began
        self._places: dict[str, tuple[int, int]] = {}
        """Of each file its number in the file system, and how far it was read."""

        self._counts: dict[str, deque[tuple[float, float]]] = {}
        """Of each application the looks of the last minute that found lines, with their number."""

    def look(self, applications: Iterable[tuple[ApplicationSpec, Iterable[int]]], now: float) -> None:
        """Count what the applications, with the numbers of their instances, have written since the last look."""
        files: dict[str, set[str]] = {}
        for spec, numbers in applications:
            for path in {spec.log_path(spec.error_file, number) for number in numbers} if spec.error_file else ():
                files.setdefault(path, set()).add(spec.name)
        self._places = {path: place for path, place in self._places.items() if path in files}
        for path, names in files.items():
            for name, lines in self._added(path, names).items():
                self._counts.setdefault(name, deque()).append((now, lines))
        known = {name for names in files.values() for name in names}
        for name in list(self._counts):
            counts = self._counts[name]
            while counts and counts[0][0] <= now - MINUTE:
                counts.popleft()
            if not counts or name not in known:
                del self._counts[name]

    def of(self, application: str) -> float:
        """Lines of the last minute."""
        return sum(lines for _, lines in self._counts.get(application, ()))

    def _added(self, path: str, names: Collection[str]) -> Mapping[str, float]:
        """How many lines each of these applications has added to a file."""
        try:
            found = os.stat(path)
        except OSError:  # nothing was written yet, or it is being rotated
            return {}
        known = self._places.get(path)
        if known is None or not stat.S_ISREG(found.st_mode):  # what was there before we looked is not counted
            self._places[path] = (found.st_ino, found.st_size)
            return {}
        begin = known[1] if known[0] == found.st_ino and known[1] <= found.st_size else 0
        self._places[path] = (found.st_ino, found.st_size)
        size = found.st_size - begin
        if not size:
            return {}
        added = _read(path, begin, min(size, _LARGEST_LOOK))
        scale = size / len(added) if added else 0.0
        if len(names) == 1:
            return {next(iter(names)): scale * added.count(b"\n")}
        counts = dict.fromkeys(names, 0.0)
        for match in _STAMP.finditer(added):
            name = (match[1] or match[2]).decode(errors="replace")
            if name in counts:
                counts[name] += scale
        return {name: lines for name, lines in counts.items() if lines}


def _read(path: str, begin: int, size: int) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:  # removed meanwhile
        return b""
    try:
        return os.pread(fd, size, begin)
    finally:
        os.close(fd)

"""Entries as JSON, the ones that were wanted last, up to so many bytes.

lines = Lines(most=8 * 1024 * 1024)
lines.keep(key, line)
lines.find(key)             # the line, or None when it was never here, or gave way
"""

from collections import OrderedDict

_BESIDE = 300
"""Bytes that a line takes beside its own: key, object, place in the order."""


Key = tuple[int, int, int]
"""An entry: its channel, its seq, and when it was made, which is another of another history of the same database, as
after a restored backup. A plain tuple, as fifty are made for a page."""


class Lines:
    """What was read and written lately; the one longest unused gives way first."""

    def __init__(self, *, most: int) -> None:
        """`most`: bytes of all together."""
        self._most = most
        self._size = 0
        self._kept: OrderedDict[Key, bytes] = OrderedDict()

    def find(self, key: Key) -> bytes | None:
        """The line of this entry, if it is here."""
        line = self._kept.get(key)
        if line is not None:
            self._kept.move_to_end(key)
        return line

    def keep(self, key: Key, line: bytes) -> None:
        """Have it, in place of another one if there is one."""
        before = self._kept.pop(key, None)
        if before is not None:
            self._size -= len(before) + _BESIDE
        self._kept[key] = line
        self._size += len(line) + _BESIDE
        while self._size > self._most:
            _, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest) + _BESIDE

"""Entries as JSON, of the channels that were looked into last, up to so many bytes.

    lines = Lines(most=8 * 1024 * 1024)
    lines.keep(7, 41, at, line)
    lines.of(7).get(41)         # (at, line), or None when it was never here, or gave way

Fifty are looked for at a time, all of one channel: so a channel is found once, and what it has by a number alone.
"""

from collections import OrderedDict
from collections.abc import Mapping

_BESIDE = 300
"""Bytes that a line takes beside its own: its tuple, its number, its places."""

Kept = tuple[int, bytes]
"""When the entry was made, and its line. An entry of the same number but of another time is another one, of another
history of the same database, as after a restored backup. A plain tuple, as fifty are looked at for a page."""

_NONE: Mapping[int, Kept] = {}


class Lines:
    """What was read and written lately. The channel longest unused gives way first: what was kept of it first."""

    def __init__(self, *, most: int) -> None:
        """`most`: bytes of all together."""
        self._most = most
        self._size = 0
        self._channels: OrderedDict[int, dict[int, Kept]] = OrderedDict()

    def of(self, channel: int) -> Mapping[int, Kept]:
        """What is here of a channel, by seq; it is in use with that."""
        kept = self._channels.get(channel)
        if kept is None:
            return _NONE
        self._channels.move_to_end(channel)
        return kept

    def keep(self, channel: int, seq: int, at: int, line: bytes) -> None:
        """Have it, in place of another one if there is one."""
        kept = self._channels.setdefault(channel, {})
        self._channels.move_to_end(channel)
        before = kept.pop(seq, None)
        if before is not None:
            self._size -= len(before[1]) + _BESIDE
        kept[seq] = at, line
        self._size += len(line) + _BESIDE
        while self._size > self._most:
            self._give_way()

    def _give_way(self) -> None:
        channel, kept = next(iter(self._channels.items()))
        _, line = kept.pop(next(iter(kept)))
        self._size -= len(line) + _BESIDE
        if not kept:
            del self._channels[channel]

"""Decides in which order a room's entries are released, whatever order, number or loss the hints about them suffer.

A hint says "entry `seq` exists, here it is". Hints come doubled, in the wrong order, or not at all. A follower stands
at a position and releases only the next entry; what is further on is held, within a bound, and the gap before it is
asked for. A gap first waits a moment (lateness.py): mostly its hint is merely late, and reading costs a query.

    follower = Follower(position=4)
    follower.hear(6, b"six", now=0.0)          # []: 5 is missing
    follower.due()                             # 0.02: then read what follows
    follower.gap()                             # Gap(after=4, limit=1)
    follower.take(4, [Entry(5, b"five")], now=0.02)    # [Entry(5, b"five"), Entry(6, b"six")]
    follower.due()                             # None: nothing is missing

No I/O and no clock here: `now` is monotonic seconds. Who does the reading: chorus.realtime.server.durable.
"""

from collections.abc import Sequence

import msgspec

from chorus.realtime.log.contract import Entry
from chorus.realtime.log.lateness import Lateness


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How much a follower holds and when it asks. Times in seconds."""

    patience: float = 0.02
    """A gap is read when it is this old, where hints are seldom late."""

    longest_patience: float = 0.5
    """The same where they always are."""

    held: int = 256
    """Entries held beyond a gap; further ones are read again when their turn comes."""

    held_bytes: int = 1_048_576
    page: int = 200
    """Entries asked for at once."""

    retry: float = 0.05
    """Wait after the first read that brought nothing; doubles up to `longest_retry`."""

    longest_retry: float = 2.0
    belief: int = 6
    """Reads without the missing entry after which its hint is no longer believed; the log's position will tell."""


class Gap(msgspec.Struct, frozen=True):
    """Read at most `limit` entries of the room after `after`."""

    after: int
    limit: int


class Follower:
    """One room's order. `position` is the seq released last; every entry up to it was released once, in order."""

    def __init__(self, position: int, settings: Patience | None = None, lateness: Lateness | None = None) -> None:
        """Args: lateness: of the hints of all rooms here, which is learnt together; None: of this room's alone."""
        self.position = position
        self.heard = position
        """The highest seq that a hint told of."""

        self._settings = settings or Patience()
        self._lateness = lateness or Lateness(least=self._settings.patience, most=self._settings.longest_patience)
        self._target = position
        self._held: dict[int, bytes] = {}
        self._held_bytes = 0
        self._due: float | None = None
        self._missed_at = 0.0
        """Since when the next entry is missing, where one is."""

        self._read_before = (range(0), 0.0)
        """The seqs that were read last, because their hints had not come, and since when they were missing."""

        self._fruitless = 0
        self._wait = 0.0

    def hear(self, seq: int, data: bytes, *, now: float) -> list[Entry]:
        """Take a hint; empty `data` only says that the entry exists. Gives what may be released now, in order."""
        self.heard = max(self.heard, seq)
        if seq <= self.position:
            self._see_late(seq, now)
            return []
        if seq == self.position + 1 and data:
            self._drop(seq)
            self.position = seq
            if self._due is not None:
                self._lateness.see(now - self._missed_at)
                self._due = None  # what is missing now is another entry
            return [Entry(seq, data), *self._release(now)]
        if data:
            self._hold(seq, data)
        self._target = max(self._target, seq)
        return self._release(now)

    def learn(self, position: int, *, now: float) -> bool:
        """The log's last seq is `position`. Whether that is news: entries exist that no hint told of."""
        news = position > max(self._target, self.position)
        self._target = max(self._target, position)
        if news and self._due is None:
            self._miss(now)
        return news

    def due(self) -> float | None:
        """When to read the gap; None when there is none."""
        return self._due

    def gap(self) -> Gap | None:
        """What to read; None when nothing is missing."""
        if self._target <= self.position:
            return None
        end = min(self._held, default=self._target + 1)
        return Gap(self.position, min(self._settings.page, end - 1 - self.position))

    def take(self, after: int, entries: Sequence[Entry], *, now: float) -> list[Entry]:
        """Take what a read `after` that seq gave. Gives what may be released now, in order."""
        released: list[Entry] = []
        for expected, entry in enumerate(entries, after + 1):
            if entry.seq != expected:
                break  # a log that skips: what lies beyond cannot be relied on
            if entry.seq == self.position + 1:
                self._drop(entry.seq)
                self.position = entry.seq
                released.append(entry)
        if released and self._due is not None:
            self._read_before = range(released[0].seq, released[-1].seq + 1), self._missed_at
        self._target = max(self._target, self.position)
        released += self._release(now)
        if self._due is None:
            return released
        if released:
            self._fruitless, self._wait, self._due = 0, 0.0, now  # and at once the rest of the gap
        elif self.position == after:
            self._fruitless += 1
            if self._fruitless >= self._settings.belief:
                self._forget_hints()
            else:
                self._ask_later(now)
        return released

    def fail(self, *, now: float) -> None:
        """The read did not work; ask again later. The position stands, and so does every hint."""
        if self._due is not None:
            self._ask_later(now)

    def skip_to(self, position: int, *, now: float) -> list[Entry]:
        """Go on after `position`: what lay before it is gone from the log, and whoever saw less has a hole.

        Gives what may be released now, in order.
        """
        if position > self.position:
            self.position = position
            for seq in [seq for seq in self._held if seq <= position]:
                self._drop(seq)
        return self._release(now)

    def forget(self) -> None:
        """Hold no entries: what is missing then is read when its turn comes."""
        self._held.clear()
        self._held_bytes = 0

    def _release(self, now: float) -> list[Entry]:
        released: list[Entry] = []
        while (data := self._drop(self.position + 1)) is not None:
            self.position += 1
            released.append(Entry(self.position, data))
        if self._target <= self.position:
            self._settle()
        elif self._due is None:
            self._miss(now)
        return released

    def _miss(self, now: float) -> None:
        """The next entry is missing from now on."""
        self._missed_at = now
        self._due = now + self._lateness.patience

    def _see_late(self, seq: int, now: float) -> None:
        """A hint came of what was released: doubled, or too late, and then a longer wait would have saved the read."""
        seqs, missed_at = self._read_before
        if seq in seqs:
            self._lateness.see(now - missed_at)
            self._read_before = range(0), 0.0

    def _hold(self, seq: int, data: bytes) -> None:
        """Hold an entry; when there is no room, the one furthest away gives way."""
        if seq in self._held:
            return
        self._held[seq] = data
        self._held_bytes += len(data)
        while len(self._held) > self._settings.held or self._held_bytes > self._settings.held_bytes:
            self._drop(max(self._held))

    def _drop(self, seq: int) -> bytes | None:
        data = self._held.pop(seq, None)
        if data is not None:
            self._held_bytes -= len(data)
        return data

    def _settle(self) -> None:
        self._target = self.position
        self._due = None
        self._fruitless, self._wait = 0, 0.0

    def _forget_hints(self) -> None:
        self.forget()
        self._settle()

    def _ask_later(self, now: float) -> None:
        self._wait = min(max(self._wait * 2, self._settings.retry), self._settings.longest_retry)
        self._due = now + self._wait

"""A log in memory: for tests and for servers whose rooms may be forgotten with the process."""

from collections import deque
from collections.abc import Collection

from chorus.realtime.log.contract import EntriesGone, Entry


class MemoryLog:
    """Keeps the last entries of each room with their ids: a repeated append is noticed as long as the first is kept."""

    def __init__(self, keep: int = 10_000) -> None:
        """Args: keep: entries a room; the oldest are cut off beyond it."""
        self._keep = keep
        self._rooms: dict[str, _Room] = {}

    async def append(self, room: str, entry: bytes, id: str) -> int:  # noqa: A002 - the word of the field
        """Add an entry and give its seq; a known id gives the seq it has."""
        return self._rooms.setdefault(room, _Room()).append(entry, id, keep=self._keep)

    async def read(self, room: str, after: int, limit: int) -> list[Entry]:
        """What follows `after`, at most `limit` entries; EntriesGone when that was cut off."""
        if room not in self._rooms:
            return []
        kept = self._rooms[room].kept
        first = kept[0].seq
        if after + 1 < first:
            raise EntriesGone(room, after, first)
        begin = after + 1 - first
        return [kept[index] for index in range(begin, min(begin + limit, len(kept)))]

    async def positions(self, rooms: Collection[str]) -> dict[str, int]:
        """The last seq of each room."""
        return {room: self._rooms[room].kept[-1].seq if room in self._rooms else 0 for room in rooms}


class _Room:
    def __init__(self) -> None:
        self.kept: deque[Entry] = deque()
        self._ids: deque[str] = deque()
        self._seqs: dict[str, int] = {}

    def append(self, entry: bytes, id: str, keep: int) -> int:  # noqa: A002 - the word of the field
        if id in self._seqs:
            return self._seqs[id]
        seq = self.kept[-1].seq + 1 if self.kept else 1
        self.kept.append(Entry(seq, entry))
        self._ids.append(id)
        self._seqs[id] = seq
        if len(self.kept) > keep:
            self.kept.popleft()
            del self._seqs[self._ids.popleft()]
        return seq

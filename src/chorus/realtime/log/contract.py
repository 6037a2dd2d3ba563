"""The log of durable rooms: each entry of a room has a number, the numbers have no gaps, and what is in stays in.

    log = MemoryLog()
    await log.append("room:7", b'{"text":"hello"}', id="c4d1")    # 1
    await log.append("room:7", b'{"text":"hello"}', id="c4d1")    # 1: the same id again is the same entry
    await log.append("room:7", b'{"text":"again"}', id="9f02")    # 2
    await log.read("room:7", after=0, limit=100)                  # [Entry(1, ...), Entry(2, ...)]
    await log.positions(["room:7", "room:8"])                     # {"room:7": 2, "room:8": 0}

Whoever appends announces the entry (DurableRooms.announce) once it is committed, if the log does not do it itself; the
announcement may be lost, the entry may not. Every adapter passes tests/contracts/test_readable_log.py.
"""

from collections.abc import Collection
from typing import Protocol, runtime_checkable

import msgspec

from chorus.realtime.errors import RealtimeError


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry of a room's log."""

    seq: int
    """1, 2, 3 … within the room, in the order of the commits."""

    data: bytes
    """JSON, as it goes to clients."""


class ResumeFailed(RealtimeError):
    """The log cannot continue from the reader's cursor; the reader needs a snapshot instead."""


class EntriesGone(ResumeFailed):
    """The log was cut: it no longer holds what follows the cursor."""

    def __init__(self, room: str, after: int, first: int) -> None:
        super().__init__(f"{room}: asked for what follows {after}, the log begins at {first}")
        self.room = room
        self.after = after
        self.first = first


class CursorAhead(ResumeFailed):
    """The cursor lies beyond the log's end: it was given by another log, or by nobody."""

    def __init__(self, room: str, cursor: int, position: int) -> None:
        super().__init__(f"{room}: the cursor is {cursor}, the log ends at {position}")
        self.room = room
        self.cursor = cursor
        self.position = position


class ReadableLog(Protocol):
    """What delivering from a log takes.

    A read sees every entry whose append returned, on any instance, before the read began. Any error but EntriesGone
    means: not now; the reader asks again later.
    """

    async def read(self, room: str, after: int, limit: int) -> list[Entry]:
        """The entries after+1, after+2, …: at most `limit`, ascending, without gaps; fewer only at the log's end.

        A room that does not exist is an empty one.

        Raises:
            EntriesGone: after+1 was there and was cut off.
        """
        ...

    async def positions(self, rooms: Collection[str]) -> dict[str, int]:
        """The last seq of each of the rooms; 0 or no key for an empty one. One query, whatever their number."""
        ...


@runtime_checkable
class AnnouncingLog(ReadableLog, Protocol):
    """A log that announces by itself."""

    @property
    def announces_to(self) -> str:
        """The namespace whose DurableRooms are told; those of another would hear nothing."""
        ...


class Log(ReadableLog, Protocol):
    """A log that the library itself may write to."""

    async def append(self, room: str, entry: bytes, id: str) -> int:  # noqa: A002 - the word of the field
        """Commit an entry and give its seq. The same room and `id` again commits nothing and gives the same seq."""
        ...

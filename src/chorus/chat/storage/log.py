"""The channels' logs as durable rooms: room "channel:<id>", entries as the JSON that clients get.

log = ChannelLog(store, chorus.realtime.Entry, chorus.realtime.EntriesGone)      # what a durable room reads from
await log.read("channel:3", after=17, limit=200)    # [Entry(18, b'{"channel":3,"seq":18,…}'), …]
"""

from collections.abc import Callable, Collection
from typing import Generic, TypeVar

import msgspec

from chorus.chat.domain.rooms import channel_of, room_of
from chorus.chat.storage.contract import Store

E = TypeVar("E")


class ChannelLog(Generic[E]):
    """Reads the store's entries for the realtime library; what is appended goes through the actions."""

    def __init__(
        self, store: Store, line: Callable[[int, bytes], E], gone: Callable[[str, int, int], Exception]
    ) -> None:
        """Args:
        line: makes the library's entry of a seq and the JSON.
        gone: makes the library's error of a room, the seq asked for and the first one that is left.
        """
        self._gone = gone
        self._store = store
        self._line = line
        self._encoder = msgspec.json.Encoder()

    async def read(self, room: str, after: int, limit: int) -> list[E]:
        """The entries that follow `after`, at most `limit`, ascending; fewer only at the log's end.

        Raises:
            Exception: as `gone` makes it: what follows `after` became older than it is kept.
        """
        channel_id = channel_of(room)
        entries = await self._store.read(channel_id, after=after, limit=limit)
        if not entries or entries[0].seq != after + 1:
            floor = await self._store.floor(channel_id)
            if floor > after:
                raise self._gone(room, after, floor + 1)
        return [self._line(entry.seq, self._encoder.encode(entry)) for entry in entries]

    async def positions(self, rooms: Collection[str]) -> dict[str, int]:
        """The newest seq of each room that exists."""
        found = await self._store.positions([channel_of(room) for room in rooms])
        return {room_of(channel_id): seq for channel_id, seq in found.items()}

"""What durable rooms stand on, as fakes: a namespace, its clients, and a log that can be taken away."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.log.contract import Entry
from chorus.realtime.log.memory import MemoryLog
from chorus.realtime.transport.frames import parts, text_frame


class FakeStage:
    """A namespace on one instance. Frames hold the raw entries; delivering is at once."""

    name = "/"

    def __init__(self, backplane: Backplane) -> None:
        self.backplane = backplane
        self.members: dict[str, set[FakeClient]] = {}
        self.encoded = 0

    def encode(self, event: str, *args: Any, bare: bool = False) -> bytes:
        self.encoded += 1
        (raw,) = args
        return text_frame(bytes(raw))

    def carry(self, name: str, pack: Any, unpack: Any, *, state: bool = True) -> None:
        """Clients move when a test has them packed here and unpacked there."""
        self.pack, self.unpack = pack, unpack

    def deliver(self, room: str, frame: bytes) -> None:
        for client in self.members.get(room, ()):
            client.send_frame(frame)


class FakeClient:
    """`seen` is what it got, however it was joined."""

    def __init__(self, stage: FakeStage) -> None:
        self.stage = stage
        self.seen: list[bytes] = []
        self.writes = 0
        self.congested = False
        self.trail = None
        self.recovered = False
        self.gone = False
        self.disconnected_with: str | None = None
        self._when_gone: list[Callable[[FakeClient], None]] = []

    def send_frame(self, frame: bytes) -> None:
        if not self.gone:
            self.seen += [payload for _, payload in parts(frame)]
            self.writes += 1

    def join(self, room: str) -> None:
        if not self.gone:
            self.stage.members.setdefault(room, set()).add(self)

    def leave(self, room: str) -> None:
        self.stage.members.get(room, set()).discard(self)

    def disconnect(self, reason: str = "") -> None:
        self.disconnected_with = reason
        self.go()

    def when_gone(self, callback: "Callable[[FakeClient], None]") -> None:
        if self.gone:
            callback(self)
        else:
            self._when_gone.append(callback)

    def go(self) -> None:
        """The client leaves."""
        self.gone = True
        for members in self.stage.members.values():
            members.discard(self)
        for callback in self._when_gone:
            callback(self)


class FrailLog(MemoryLog):
    """A log that answers a moment later with what was so a moment before, can be away, and counts what it is asked."""

    def __init__(self, keep: int = 10_000) -> None:
        super().__init__(keep)
        self.away = False
        self.latency = 0.001
        self.reads: list[tuple[str, int, int]] = []
        self.questions: list[list[str]] = []
        self.readers: dict[str, int] = {}
        self.most_readers = 0
        self._appended = 0

    async def add(self, room: str, number: int = 1) -> int:
        """Append entries that are their own seq; the last one's."""
        seq = 0
        for _ in range(number):
            self._appended += 1
            (seq,) = (await super().positions([room])).values()
            seq = await self.append(room, b"%d" % (seq + 1), id=str(self._appended))
        return seq

    async def read(self, room: str, after: int, limit: int) -> list[Entry]:
        self.reads.append((room, after, limit))
        self.readers[room] = self.readers.get(room, 0) + 1
        self.most_readers = max(self.most_readers, self.readers[room])
        try:
            await self._way()
            found = await super().read(room, after, limit)
            await self._way()
            return found
        finally:
            self.readers[room] -= 1

    async def positions(self, rooms: Collection[str]) -> dict[str, int]:
        self.questions.append(list(rooms))
        await self._way()
        found = await super().positions(rooms)
        await self._way()
        return found

    async def _way(self) -> None:
        await asyncio.sleep(self.latency / 2)
        if self.away:
            raise ConnectionError("the database is away")


def entries(first: int, last: int) -> list[bytes]:
    """What a client sees of these seqs."""
    return [b"%d" % seq for seq in range(first, last + 1)]

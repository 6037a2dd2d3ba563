"""Instances with durable rooms over one log and one bus, on a clock that jumps."""

from chorus.realtime.backplane.memory import Bus, MemoryBackplane
from chorus.realtime.server.durable import DurableRooms
from chorus.realtime.server.durable_settings import DurableSettings
from parts.jumping import soon
from parts.stage import FakeClient, FakeStage, FrailLog

ROOM = "channel:3"


class Site:
    """Instances over one log and one bus."""

    def __init__(self, log: FrailLog | None = None, **settings: object) -> None:
        self.log = log or FrailLog()
        self.bus = Bus()
        self.settings = DurableSettings(**settings)

    async def instance(self) -> "Instance":
        backplane = MemoryBackplane(self.bus)
        await backplane.start()
        stage = FakeStage(backplane)
        return Instance(stage, DurableRooms(stage, self.log, settings=self.settings), self.log)


class Instance:
    """One instance: its rooms and its clients."""

    def __init__(self, stage: FakeStage, rooms: DurableRooms, log: FrailLog) -> None:
        self.stage = stage
        self.rooms = rooms
        self._log = log

    def client(self) -> FakeClient:
        return FakeClient(self.stage)

    async def follower(self, after: int | None = None, room: str = ROOM) -> FakeClient:
        """A client that is live."""
        client = self.client()
        await soon(self.rooms.follow(client, room, after=after))
        return client

    async def say(self, number: int = 1, *, announced: bool = True) -> None:
        """Append and announce."""
        for _ in range(number):
            seq = await self._log.add(ROOM)
            if announced:
                self.rooms.announce(ROOM, seq, b"%d" % seq)

"""A backplane in one process: instances that share a Bus hear each other.

For one instance alone (`SOCKET_IO_REDIS_ADAPTER=false`) and for tests, which can take the bus away:

    bus = Bus()
    bus.go_down()      # what is published now is lost
    bus.come_up()      # every backplane says `on_up`
"""

import asyncio
import os
from collections.abc import Callable, Collection

from chorus.realtime.backplane.contract import Answerer, BackplaneUnavailable, Receiver
from chorus.realtime.backplane.directory import Listed, Note, Roll
from chorus.realtime.backplane.receivers import Receivers, guarded
from chorus.realtime.backplane.requests import Requests


class Bus:
    """What memory backplanes share. Up from the start."""

    def __init__(self) -> None:
        self.up = True
        self.members: list[MemoryBackplane] = []

    def go_down(self) -> None:
        """Lose what is under way and what is published from now on."""
        self.up = False
        for member in self.members:
            member.lose_outgoing()

    def come_up(self) -> None:
        """Deliver again and tell every member."""
        self.up = True
        for member in self.members:
            member.say_up()


class MemoryDirectory:
    """What the members of a bus know of themselves, looked at where it is."""

    def __init__(self, owner: "MemoryBackplane", bus: Bus) -> None:
        self._owner = owner
        self._bus = bus
        self._rolls: dict[str, tuple[str, Roll]] = {}

    def declare(self, instance: str, topic: str, roll: Roll) -> Note:
        """List what `roll` holds."""
        self._rolls[topic] = instance, roll
        return _nothing_to_note

    def undeclare(self, topic: str) -> None:
        """End that."""
        self._rolls.pop(topic, None)

    async def find(self, topic: str, names: Collection[str]) -> list[Listed]:
        """Look at the other members."""
        if not self._owner.healthy:
            raise BackplaneUnavailable("the memory bus is down, or `start` was not awaited")
        others = [member for member in self._bus.members if member is not self._owner]
        return [listed for member in others for listed in member.directory.at_home(topic, names)]

    def at_home(self, topic: str, names: Collection[str]) -> list[Listed]:
        """Of this member alone."""
        if topic not in self._rolls:
            return []
        instance, roll = self._rolls[topic]
        labelled = [(key, frozenset(roll.labels(key) or ())) for key in roll.everything()]
        return [
            Listed(key, labels, instance) for key, labels in labelled if key in names or not labels.isdisjoint(names)
        ]


def _nothing_to_note(_key: str, _label: str) -> None:
    """Whoever looks, looks at the roll itself."""


class MemoryBackplane:
    """One instance's end of a bus."""

    def __init__(self, bus: Bus | None = None) -> None:
        self._bus = bus or Bus()
        self._receivers = Receivers()
        self._up_callbacks: list[Callable[[], None]] = []
        self._outgoing: list[tuple[str, bytes]] = []
        self._flush: asyncio.Handle | None = None
        self._dropped = 0
        self._requests = Requests(self, os.urandom(16).hex())
        self.directory = MemoryDirectory(self, self._bus)

    @property
    def healthy(self) -> bool:
        """Whether it is started and the bus is up."""
        return self._bus.up and self in self._bus.members

    @property
    def dropped(self) -> int:
        """Messages lost because the bus was down."""
        return self._dropped

    async def start(self) -> None:
        """Join the bus."""
        if not self._bus.up:
            raise BackplaneUnavailable("the memory bus is down")
        if self not in self._bus.members:
            self._bus.members.append(self)
            self.say_up()

    async def close(self) -> None:
        """Deliver what waits and leave the bus."""
        self._requests.close()
        self._deliver()
        if self in self._bus.members:
            self._bus.members.remove(self)

    def publish(self, channel: str, message: bytes, *, besides: Receiver | None = None) -> None:
        """Tell the receivers here now and those of the other members after this tick."""
        self._receivers.tell(channel, message, besides=besides)
        if not self.healthy:
            self._dropped += 1
        elif len(self._bus.members) > 1:
            self._outgoing.append((channel, message))
            if self._flush is None:
                self._flush = asyncio.get_running_loop().call_soon(self._deliver)

    def subscribe(self, channel: str, receiver: Receiver) -> None:
        """Have `receiver` called with each message of `channel`."""
        self._receivers.add(channel, receiver)

    def unsubscribe(self, channel: str, receiver: Receiver) -> None:
        """End that."""
        self._receivers.remove(channel, receiver)

    async def ask(self, instance: str, topic: str, question: bytes, *, timeout: float) -> bytes:
        """Ask a named instance; its answer."""
        return await self._requests.ask(instance, topic, question, timeout=timeout)

    def serve(self, instance: str, topic: str, answerer: Answerer) -> None:
        """Answer what is asked of `instance` under `topic`."""
        self._requests.serve(instance, topic, answerer)

    def unserve(self, instance: str, topic: str) -> None:
        """End that."""
        self._requests.unserve(instance, topic)

    def on_up(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the bus is joined or came back."""
        self._up_callbacks.append(callback)

    def renew(self) -> None:
        """There is no connection to be made anew."""

    async def ping(self) -> float:
        """Nothing lies between: 0 seconds."""
        if not self.healthy:
            raise BackplaneUnavailable("the memory bus is down, or `start` was not awaited")
        return 0.0

    def lose_outgoing(self) -> None:
        """Give up what waits for the end of this tick."""
        self._dropped += len(self._outgoing)
        self._outgoing.clear()

    def say_up(self) -> None:
        """Tell those who asked that messages flow from now on."""
        for callback in self._up_callbacks:
            guarded(callback)

    def _deliver(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        messages, self._outgoing = self._outgoing, []
        for member in [member for member in self._bus.members if member is not self]:
            for channel, message in messages:
                member._receivers.tell(channel, message)  # noqa: SLF001 - two ends of one bus

"""The rooms of one namespace, here and on the other instances.

A frame for a room goes out on the backplane's channel of that room; the backplane tells the instances that listen, this
one at once. An instance listens to a room while it has members of it, so it never sees the traffic of others.

Channels: "room:<namespace>:<room>", with an empty room for the whole namespace, and "client:<namespace>:<instance>" for
single clients: a sid begins with the instance that holds it, so nobody asks around.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Generic, Protocol, TypeVar

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.errors import UsageError
from chorus.realtime.rooms import Rooms
from chorus.realtime.server.envelope import Envelope, pack, unpack
from chorus.realtime.server.fanout import FanOut, Member
from chorus.realtime.transport.frames import Frame

EVERYBODY = ""
"""The room of all clients of a namespace."""

_SECRET_LENGTH = 22
"""Characters after the dot of a sid: 128 bits in base64url."""


class Resident(Member, Protocol):
    """A member that is known by a sid."""

    @property
    def sid(self) -> str:
        """Unique among all instances."""
        ...

    @property
    def congested(self) -> bool:
        """Whether so much waits for its socket that what is volatile is not for it."""
        ...


R = TypeVar("R", bound=Resident)


class Hub(Generic[R]):
    """Who is in the namespace, in which rooms, and the way to all of them."""

    def __init__(self, namespace: str, instance: str, fan_out: FanOut[R], backplane: Backplane) -> None:
        self._namespace = namespace
        self._instance = instance
        self._fan_out = fan_out
        self._backplane = backplane
        self._rooms = Rooms[R](common=EVERYBODY)
        self._by_sid: dict[str, R] = {}
        self._guests: dict[str, int] = {}
        """How many clients are here by the instance their sids name: those that moved here are sent to by that."""
        self._receivers: dict[str, Callable[[bytes], None]] = {}
        self.veils = False
        """Whether clients recover here, so that no other event may end with a text."""

    @property
    def backplane(self) -> Backplane:
        """What joins the instances."""
        return self._backplane

    # Who is where

    def enter(self, client: R) -> None:
        """Make `client` reachable by its sid."""
        self._by_sid[client.sid] = client
        owner = _owner(client.sid) or self._instance
        self._guests[owner] = self._guests.get(owner, 0) + 1
        if self._guests[owner] == 1:
            self._backplane.subscribe(self._client_channel(owner), self._hear_for_client)

    def join(self, client: R, name: str) -> None:
        """Put `client` into a room of this namespace."""
        self._fan_out.settle(self._rooms.get(name))
        if self._rooms.join(client, name):
            receiver = self._receivers[name] = lambda message: self._hear_for_room(name, message)
            self._backplane.subscribe(self._room_channel(name), receiver)

    def leave(self, client: R, name: str) -> None:
        """Take it out again."""
        self._fan_out.settle(self._rooms.get(name))
        if self._rooms.leave(client, name):
            self._forget(name)

    def settle(self, client: R) -> None:
        """Write out what waits for the end of the tick, if anything waits for `client`: it is about to go."""
        for room in self._rooms.of(client):
            self._fan_out.settle(room)

    def exit(self, client: R) -> None:
        """Take `client` out of everything. Costs O(its rooms)."""
        for name in self._rooms.drop(client):
            self._forget(name)
        if self._by_sid.pop(client.sid, None) is None:
            return
        owner = _owner(client.sid) or self._instance
        self._guests[owner] -= 1
        if not self._guests[owner]:
            del self._guests[owner]
            self._backplane.unsubscribe(self._client_channel(owner), self._hear_for_client)

    @property
    def is_empty(self) -> bool:
        """Whether nobody entered who has not left."""
        return not self._by_sid

    def rooms_of(self, client: R) -> frozenset[str]:
        """Names of the rooms `client` joined."""
        return frozenset(room.name for room in self._rooms.of(client) if room.name != EVERYBODY)

    def members(self, name: str) -> AbstractSet[R]:
        """Those of this instance who are in a room: a live view, to be read before anyone joins or leaves."""
        room = self._rooms.get(name)
        return room.members if room is not None else frozenset()

    def sizes(self) -> dict[str, int]:
        """How many of this instance are in each room."""
        return {room.name: len(room.members) for room in self._rooms if room.name != EVERYBODY}

    # Sending

    def emit(
        self, names: tuple[str, ...], frame: Frame, without: tuple[str, ...] = (), *, volatile: bool = False
    ) -> None:
        """Send to everyone in one of the rooms, on all instances, once each; a sid is the room of that client alone.

        Who is in one of the rooms or has one of the sids in `without` does not get it; nor, when it is volatile, who is
        congested.
        """
        for index, name in enumerate(names):
            left_out = names[:index] + without
            owner = _owner(name)
            if owner is not None:
                self._backplane.publish(self._client_channel(owner), pack(frame, Envelope(left_out, name, volatile)))
            elif left_out or volatile:
                self._backplane.publish(self._room_channel(name), pack(frame, Envelope(left_out, "", volatile)))
            else:
                self._backplane.publish(self._room_channel(name), frame)

    def emit_here(
        self, names: tuple[str, ...], frame: Frame, without: tuple[str, ...] = (), *, volatile: bool = False
    ) -> None:
        """The same for those of this instance alone."""
        for index, name in enumerate(names):
            left_out = names[:index] + without
            if _owner(name) is not None:
                self._deliver_alone(frame, Envelope(left_out, name, volatile))
            else:
                self._deliver(name, frame, Envelope(left_out, "", volatile))

    def select(self, names: tuple[str, ...], without: tuple[str, ...] = ()) -> frozenset[R]:
        """Those of this instance who are in one of the rooms or have one of the sids, but not in or of `without`."""
        return self._resolve(names) - self._resolve(without)

    def deliver(self, name: str, frame: Frame, without: AbstractSet[R] = frozenset()) -> None:
        """Send to those of this instance who are in the room, at the end of this tick."""
        room = self._rooms.get(name)
        if room is not None:
            self._fan_out.to_room(room, frame, without)

    def send(self, client: R, frame: Frame) -> None:
        """Send to one client of this instance, behind what it is sent already."""
        self._fan_out.to_member(client, frame, self._rooms.of(client))

    # Hearing

    def _hear_for_room(self, name: str, message: bytes) -> None:
        frame, envelope = unpack(message)
        self._deliver(name, frame, envelope)

    def _hear_for_client(self, message: bytes) -> None:
        frame, envelope = unpack(message)
        self._deliver_alone(frame, envelope)

    def _deliver(self, name: str, frame: Frame, envelope: Envelope) -> None:
        without = self._resolve(envelope.without) if envelope.without else frozenset[R]()
        if envelope.volatile:
            without |= {member for member in self.members(name) if member.congested}
        self.deliver(name, frame, without)

    def _deliver_alone(self, frame: Frame, envelope: Envelope) -> None:
        client = self._by_sid.get(envelope.only)
        if client is None or (envelope.volatile and client.congested):
            return
        if client not in self._resolve(envelope.without):
            self.send(client, frame)

    def _resolve(self, names: tuple[str, ...]) -> frozenset[R]:
        """The clients of this instance that rooms and sids stand for."""
        found: set[R] = set()
        for name in names:
            found |= self.members(name)
            client = self._by_sid.get(name)
            if client is not None:
                found.add(client)
        return frozenset(found)

    def _forget(self, name: str) -> None:
        self._backplane.unsubscribe(self._room_channel(name), self._receivers.pop(name))

    def _room_channel(self, name: str) -> str:
        return f"room:{self._namespace}:{name}"

    def _client_channel(self, instance: str) -> str:
        return f"client:{self._namespace}:{instance}"


def check_room_name(name: str) -> str:
    """Return a name that an application may use.

    Raises:
        UsageError: it is empty.
    """
    if name == EVERYBODY:
        raise UsageError("a room needs a name: found an empty one")
    return name


def _owner(name: str) -> str | None:
    """The instance that a sid names; None for the name of a room."""
    owner, dot, secret = name.rpartition(".")
    return owner if dot and len(secret) == _SECRET_LENGTH else None

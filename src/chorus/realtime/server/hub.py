"""The rooms of one namespace, here and on the other instances.

A frame for a room goes out on the backplane's channel of that room; the backplane tells the instances that listen, this
one at once. An instance listens to a room while it has members of it, so it never sees the traffic of others.

Channels: "room:<namespace>:<room>", with an empty room for the whole namespace, and "client:<namespace>:<instance>" for
single clients: a sid begins with the instance that holds it, so nobody asks around.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from threading import get_ident
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.errors import UsageError
from chorus.realtime.handover.overlap import Overlap
from chorus.realtime.rooms import Rooms
from chorus.realtime.server.envelope import ENVELOPED, Envelope, pack, unpack
from chorus.realtime.server.fanout import FanOut, Member
from chorus.realtime.server.names import EVERYBODY, owner_of
from chorus.realtime.transport.frames import Frame

_ALONE = "\0"
"""Before a sid: what is for that client alone, among what was heard of rooms."""

_NOBODY: frozenset[Any] = frozenset()


class Listening(NamedTuple):
    """What a hub listens to: rooms, and the instances that the sids of its clients name."""

    rooms: tuple[str, ...]
    owners: tuple[str, ...]


class Crossing(NamedTuple):
    """What one client is to be told by while it moves: the rooms it is in, and its sid."""

    rooms: tuple[str, ...]
    sid: str

    @property
    def heard_as(self) -> tuple[str, ...]:
        """The names that what it hears is remembered under."""
        return (*self.rooms, _ALONE + self.sid)


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
        self._overlap: Overlap[R] | None = None
        """While clients move from here or to here."""
        self._ahead: Counter[str] = Counter()
        """Rooms listened to for clients that are about to come: for how many reasons."""
        self._expected = Listening((), ())
        """Those of the process from which all are about to come, and the owners of its sids."""
        self._note = backplane.directory.declare(instance, self.topic, self)
        self._thread: int | None = None
        """Of the event loop, since somebody came."""
        self.veils = False
        """Whether clients recover here, so that no other event may end with a text."""

    @property
    def backplane(self) -> Backplane:
        """What joins the instances."""
        return self._backplane

    @property
    def topic(self) -> str:
        """Under which other instances find the clients of this one (backplane/directory.py)."""
        return f"clients:{self._namespace}"

    def check_thread(self) -> None:
        """Pass a call from the event loop's thread: from another one it would be lost half-way.

        Raises:
            UsageError: it comes from another, in which frameworks run plain functions.
        """
        if self._thread != get_ident() and self._thread is not None:
            raise UsageError(
                "called from another thread than that of the server's event loop: call it from an async function (of "
                "FastAPI `async def` instead of `def`), or by loop.call_soon_threadsafe"
            )

    # Who is where

    def everything(self) -> Iterable[str]:
        """The sids of those who were let in."""
        return [client.sid for client in self.members(EVERYBODY)]

    def labels(self, key: str) -> Collection[str] | None:
        """The rooms of one of them, that of everybody too; None: there is no such client."""
        client = self._by_sid.get(key)
        rooms = [room.name for room in self._rooms.of(client)] if client is not None else []
        return rooms if EVERYBODY in rooms else None

    def enter(self, client: R) -> None:
        """Make `client` reachable by its sid."""
        self._thread = get_ident()
        self._by_sid[client.sid] = client
        self._add_guest(owner_of(client.sid) or self._instance)

    def join(self, client: R, name: str) -> None:
        """Put `client` into a room of this namespace."""
        self.check_thread()
        self._fan_out.settle(self._rooms.get(name))
        if self._rooms.join(client, name):
            self._listen(name)
        self._note(client.sid, name)

    def leave(self, client: R, name: str) -> None:
        """Take it out again."""
        self.check_thread()
        self._fan_out.settle(self._rooms.get(name))
        if self._rooms.leave(client, name):
            self._forget(name)
        self._note(client.sid, name)

    def settle(self, client: R) -> None:
        """Write out what waits for the end of the tick, if anything waits for `client`: it is about to go."""
        for room in self._rooms.of(client):
            self._fan_out.settle(room)

    def exit(self, client: R) -> None:
        """Take `client` out of everything. Costs O(its rooms)."""
        for room in self._rooms.of(client):
            self._note(client.sid, room.name)
        for name in self._rooms.drop(client):
            self._forget(name)
        if self._by_sid.pop(client.sid, None) is None:
            return
        self._remove_guest(owner_of(client.sid) or self._instance)

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

    # While clients move to another process, or from one

    def begin_overlap(self) -> "Listening":
        """Remember what is heard from now on, until `end_overlap`; what is listened to here."""
        if self._overlap is None:
            self._overlap = Overlap()
        self._overlap.everything = True
        return Listening(tuple(self._receivers), tuple(self._guests))

    def listen_ahead(self, there: "Listening") -> None:
        """Listen to what the process listens to from which clients are about to come."""
        self.begin_overlap()
        rooms = tuple(sorted(set(there.rooms) - set(self._expected.rooms)))
        self._listen_for(rooms, there.owners)
        self._expected = Listening(self._expected.rooms + rooms, self._expected.owners + there.owners)

    def watch(self, crossing: "Crossing") -> None:
        """Listen to what one client is told by, and remember it: it is about to come or to leave. Until `unwatch`."""
        if self._overlap is None:
            self._overlap = Overlap()
            self._overlap.narrow()
        self._overlap.watch(crossing.heard_as)
        self._listen_for(crossing.rooms, (owner_of(crossing.sid) or self._instance,))

    def unwatch(self, crossing: "Crossing") -> None:
        """End that."""
        self._forget_for(crossing.rooms, (owner_of(crossing.sid) or self._instance,))
        if self._overlap is not None:
            self._overlap.unwatch(crossing.heard_as)
            self._end_idle_overlap()

    def crossing(self, client: R) -> "Crossing":
        """What is to be watched when `client` moves."""
        return Crossing(tuple(sorted(room.name for room in self._rooms.of(client))), client.sid)

    def heard_by(self, client: R) -> dict[str, list[bytes]]:
        """What a client that leaves has heard since the overlap began."""
        overlap = self._overlap
        if overlap is None:
            return {}
        return {name: overlap.heard(name) for name in (EVERYBODY, *self.rooms_of(client), _ALONE + client.sid)}

    def catch_up(self, client: R, heard: Mapping[str, list[bytes]]) -> None:
        """Send a client that came what it missed; what it had where it comes from is not sent to it again."""
        if self._overlap is None:
            return
        for _, message in self._overlap.arrive(client, heard):
            frame, envelope = unpack(message)
            if envelope is None or not (envelope.volatile or client in self._resolve(envelope.without)):
                self.send(client, frame)

    def end_overlap(self) -> None:
        """Forget it all, and listen no more to what nobody here needs."""
        if self._overlap is not None:
            self._overlap.narrow()
            self._end_idle_overlap()
        expected, self._expected = self._expected, Listening((), ())
        self._forget_for(*expected)

    def _end_idle_overlap(self) -> None:
        if self._overlap is not None and self._overlap.idle:
            self._overlap = None

    def _listen_for(self, rooms: tuple[str, ...], owners: tuple[str, ...]) -> None:
        for name in rooms:
            self._ahead[name] += 1
            self._listen(name)
        for owner in owners:
            self._add_guest(owner)

    def _forget_for(self, rooms: tuple[str, ...], owners: tuple[str, ...]) -> None:
        for name in rooms:
            self._ahead[name] -= 1
            if not self._ahead[name]:
                del self._ahead[name]
                if name not in self._rooms:
                    self._forget(name)
        for owner in owners:
            self._remove_guest(owner)

    # Sending

    def emit(
        self, names: tuple[str, ...], frame: Frame, without: tuple[str, ...] = (), *, volatile: bool = False
    ) -> None:
        """Send to everyone in one of the rooms, on all instances, once each; a sid is the room of that client alone.

        Who is in one of the rooms or has one of the sids in `without` does not get it; nor, when it is volatile, who is
        congested.
        """
        self.check_thread()
        for index, name in enumerate(names):
            left_out = names[:index] + without
            owner = owner_of(name)
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
        self.check_thread()
        for index, name in enumerate(names):
            left_out = names[:index] + without
            if owner_of(name) is not None:
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
        self.check_thread()
        self._fan_out.to_member(client, frame, self._rooms.of(client))

    # Hearing

    def _hear_for_room(self, name: str, message: bytes) -> None:
        had_it = self._overlap.hear(name, message) if self._overlap is not None else _NOBODY
        if message[0] != ENVELOPED:
            self.deliver(name, Frame(message), had_it)
            return
        frame, envelope = unpack(message)
        if envelope is not None:
            self._deliver(name, frame, envelope, had_it)

    def _hear_for_client(self, message: bytes) -> None:
        frame, envelope = unpack(message)
        if envelope is None:  # nobody sends it so
            return
        if self._overlap is None or not self._overlap.hear(_ALONE + envelope.only, message):
            self._deliver_alone(frame, envelope)

    def _deliver(self, name: str, frame: Frame, envelope: Envelope, had_it: frozenset[R] = frozenset()) -> None:
        without = self._resolve(envelope.without) | had_it if envelope.without else had_it
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

    def _listen(self, name: str) -> None:
        if name not in self._receivers:
            receiver = self._receivers[name] = partial(self._hear_for_room, name)
            self._backplane.subscribe(self._room_channel(name), receiver)

    def _forget(self, name: str) -> None:
        if name in self._ahead:
            return
        self._backplane.unsubscribe(self._room_channel(name), self._receivers.pop(name))

    def _add_guest(self, owner: str) -> None:
        self._guests[owner] = self._guests.get(owner, 0) + 1
        if self._guests[owner] == 1:
            self._backplane.subscribe(self._client_channel(owner), self._hear_for_client)

    def _remove_guest(self, owner: str) -> None:
        self._guests[owner] -= 1
        if not self._guests[owner]:
            del self._guests[owner]
            self._backplane.unsubscribe(self._client_channel(owner), self._hear_for_client)

    def _room_channel(self, name: str) -> str:
        return f"room:{self._namespace}:{name}"

    def _client_channel(self, instance: str) -> str:
        return f"client:{self._namespace}:{instance}"

"""Sends to many: what is emitted in one tick of the event loop is joined, and each member's socket is written to once.

Theory of operation. A frame for a room is not written but put into the room's list; at the end of the tick the list is
joined into one bytes object and the same object is written to every member. So a delivery costs one call, however many
frames it carries.

Each member must still receive everything in the order it was emitted. Joining by room keeps that order as long as a
member has something to receive from one room only. The others are found and served one by one, by the stamps that
count the emits of the tick:

- members of two rooms that were emitted to in this tick: by intersecting the rooms' members, where rooms know that
  they share some;
- members with a frame of their own (an ack, a direct emit) while one of their rooms waits: that frame waits as well;
- members that a frame leaves out (`except_`).

A room that waits must not change its members, or a newcomer would receive what was emitted before it came: `settle`
before joining and leaving. A member that is gone is simply no longer in the rooms.
"""

import logging
from collections.abc import Callable, Collection
from collections.abc import Set as AbstractSet
from typing import Generic, Protocol, TypeVar

from chorus.realtime.rooms import Room
from chorus.realtime.transport.contract import Write

_log = logging.getLogger(__name__)


class Member(Protocol):
    """Somebody who can be written to."""

    @property
    def write(self) -> Write:
        """Writes to the socket."""
        ...


M = TypeVar("M", bound=Member)
_Entries = list[tuple[int, bytes, AbstractSet[M]]]
"""What waits for a room: the emit's stamp, the frame, and the members that do not get it."""


class FanOut(Generic[M]):
    """What waits for the end of this tick.

    Args:
        call_soon: has a function called at the end of the tick.
        written: called after each flush, when sockets may have become congested.
        most: bytes that may wait; a room's frames beyond it go out at once.
    """

    __slots__ = ("_bytes", "_call_soon", "_most", "_own", "_stamp", "_waiting", "_written")

    def __init__(
        self, call_soon: Callable[[Callable[[], None]], object], written: Callable[[], None], *, most: int = 256 * 1024
    ) -> None:
        self._call_soon = call_soon
        self._written = written
        self._most = most
        self._waiting: dict[Room[M], _Entries[M]] = {}
        self._own: dict[M, list[tuple[int, bytes]]] = {}
        self._stamp = 0
        self._bytes = 0

    def to_room(self, room: Room[M], frame: bytes, without: AbstractSet[M] = frozenset()) -> None:
        """Have `frame` written to the members of `room`, but those in `without`, at the end of the tick."""
        entries = self._waiting.get(room)
        if entries is None:
            if not self._waiting:
                self._call_soon(self.flush)
            entries = self._waiting[room] = []
        self._stamp += 1
        self._bytes += len(frame)
        entries.append((self._stamp, frame, without))
        if self._bytes > self._most:
            self.flush()

    def to_member(self, member: M, frame: bytes, rooms: AbstractSet[Room[M]]) -> None:
        """Write `frame` to one member, now or behind what waits for it in one of its `rooms`."""
        if not self._waiting or self._waiting.keys().isdisjoint(rooms):
            member.write(frame)
            return
        self._stamp += 1
        self._bytes += len(frame)
        self._own.setdefault(member, []).append((self._stamp, frame))
        if self._bytes > self._most:
            self.flush()

    def settle(self, room: Room[M] | None) -> None:
        """Write out what waits, if something waits for `room`: its members are about to change."""
        if room is not None and room in self._waiting:
            self.flush()

    def flush(self) -> None:
        """Write out everything that waits."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        own, self._own = self._own, {}
        self._stamp = self._bytes = 0
        single = _served_singly(waiting, own)
        for room, entries in waiting.items():
            data = entries[0][1] if len(entries) == 1 else b"".join([frame for _, frame, _ in entries])
            _write(data, room.members - single if single else room.members)
        if single:
            _write_singly(single, waiting, own)
        self._written()


def _served_singly(waiting: dict[Room[M], _Entries[M]], own: dict[M, list[tuple[int, bytes]]]) -> set[M]:
    """Members for whom the rooms' joined bytes are not what they must receive."""
    single = set(own)
    if len(waiting) > 1:
        every = any(room.common for room in waiting)
        seen: set[M] = set()
        for room in waiting if every else [room for room in waiting if room.shared]:
            if not seen.isdisjoint(room.members):
                single |= seen & room.members
            seen |= room.members
    for entries in waiting.values():
        for _, _, without in entries:
            if without:
                single |= without
    return single


def _write_singly(
    members: set[M],
    waiting: dict[Room[M], _Entries[M]],
    own: dict[M, list[tuple[int, bytes]]],
) -> None:
    """Put together for each of `members` what is theirs, by stamp."""
    theirs: dict[M, list[tuple[int, bytes]]] = {member: own.get(member, []) for member in members}
    for room, entries in waiting.items():
        for member in room.members & members:
            theirs[member].extend((stamp, frame) for stamp, frame, without in entries if member not in without)
    for member, frames in theirs.items():
        if frames:
            frames.sort()
            _write(b"".join([frame for _, frame in frames]), (member,))


def _write(data: bytes, members: Collection[Member]) -> None:
    """Write to each; one whose transport is closed under us does not keep the others from theirs.

    To a copy of the members: what a write sets off may change the room.
    """
    for member in tuple(members):
        try:
            member.write(data)
        except (RuntimeError, OSError) as error:
            _log.debug("a socket was closed before its session knew: %s", error)

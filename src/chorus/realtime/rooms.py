"""Who is in which room: an index that can be read from both sides.

    rooms = Rooms[str]()
    rooms.join("ann", "room:7")      # True: the first member, so somebody wants to hear of this room
    rooms.leave("ann", "room:7")     # True: the last one
    rooms.drop("ann")                # the rooms that are empty now

Leaving everything costs O(rooms of that member), whatever else is in the index. A room exists while it has members.
"""

from collections.abc import Hashable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


class Room(Generic[Member]):
    """A name and those in it. Equal to itself only: a room that emptied and came back is another one."""

    __slots__ = ("common", "members", "name", "shared")

    def __init__(self, name: str, *, common: bool = False) -> None:
        self.name = name
        self.members: set[Member] = set()
        """For reading; changed by `Rooms` alone."""

        self.common = common
        """Everybody is in it, so it says nothing about a member to be in it."""

        self.shared = 0
        """Members who are in other rooms too, the common one not counted. While it is 0, this room has no member in
        common with any other."""

    def __repr__(self) -> str:
        return f"Room({self.name!r}, {len(self.members)} members)"


class Rooms(Generic[Member]):
    """room ↔ members.

    Args:
        common: the name of a room that everybody is in.
    """

    __slots__ = ("_common", "_of", "_rooms")

    def __init__(self, *, common: str | None = None) -> None:
        self._common = common
        self._rooms: dict[str, Room[Member]] = {}
        self._of: dict[Member, set[Room[Member]]] = {}

    def join(self, member: Member, name: str) -> bool:
        """Put `member` into a room; whether it is the room's first. Joining twice changes nothing."""
        room = self._rooms.get(name)
        first = room is None
        if room is None:
            room = self._rooms[name] = Room(name, common=name == self._common)
        elif member in room.members:
            return False
        room.members.add(member)
        rooms = self._of.get(member)
        if rooms is None:
            self._of[member] = {room}
        else:
            rooms.add(room)
            if not room.common:
                self._count(rooms, room, change=1)
        return first

    def leave(self, member: Member, name: str) -> bool:
        """Take `member` out of a room; whether it was the room's last. Not being in it changes nothing."""
        room = self._rooms.get(name)
        if room is None or member not in room.members:
            return False
        rooms = self._of[member]
        if not room.common:
            self._count(rooms, room, change=-1)
        rooms.remove(room)
        if not rooms:
            del self._of[member]
        return self._remove(member, room)

    def drop(self, member: Member) -> list[str]:
        """Take `member` out of all rooms; the names of those that are empty now."""
        rooms = self._of.pop(member, _NOWHERE)
        if len(rooms) > 1:
            own = [room for room in rooms if not room.common]
            if len(own) > 1:
                for room in own:
                    room.shared -= 1
        return [room.name for room in rooms if self._remove(member, room)]

    def get(self, name: str) -> Room[Member] | None:
        """The room, while it has members."""
        return self._rooms.get(name)

    def of(self, member: Member) -> AbstractSet[Room[Member]]:
        """The rooms of `member`: a live view, to be read before the index changes."""
        return self._of.get(member, _NOWHERE)

    def __iter__(self) -> Iterator[Room[Member]]:
        """All of them, to be read before the index changes."""
        return iter(self._rooms.values())

    def __contains__(self, name: str) -> bool:
        return name in self._rooms

    def __len__(self) -> int:
        """Rooms with at least one member."""
        return len(self._rooms)

    @staticmethod
    def _count(rooms: AbstractSet[Room[Member]], room: Room[Member], *, change: int) -> None:
        """Keep `shared` right: a member has come into `room` of its `rooms`, or is about to leave it."""
        if len(rooms) > 3:
            room.shared += change
            return
        others = [other for other in rooms if other is not room and not other.common]
        if others:
            room.shared += change
        if len(others) == 1:
            others[0].shared += change

    def _remove(self, member: Member, room: Room[Member]) -> bool:
        room.members.remove(member)
        if room.members:
            return False
        del self._rooms[room.name]
        return True


_NOWHERE: frozenset[Any] = frozenset()

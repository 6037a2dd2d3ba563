"""What two processes heard of a namespace's rooms, compared, so that a client between them misses nothing. Pure.

    there, here = Overlap(), Overlap()
    there.hear("a", b"1"); there.hear("a", b"2"); there.hear("a", b"3")     # 1 and 2 reached the client there
    here.hear("a", b"1"); here.hear("a", b"3"); here.hear("a", b"4")        # 2 has not come here yet
    missed = here.arrive("ann", {"a": there.heard("a")})                    # [b"4"]: to be sent to her
    here.hear("a", b"2")                                                    # {"ann"}: not to her, she had it there

Theory of operation. Rooms that are not durable have no cursors: their messages come over the backplane to whoever
listens at that moment, each publisher's in its order, but those of different publishers in any. So the process that
gives clients away remembers what it heard from the time it offers them; the one that takes them listens to their rooms
before they come, and remembers, too. A message that only the first one heard is not given to the client again when it
comes to the second one late; what only the second one heard, the client missed. Messages are compared by what is in
them: two equal ones count as two, and it does not matter which is which.

A process that ends remembers every room; one that gives a single client away remembers the rooms of that client.
"""

import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

Who = TypeVar("Who")

MOST = 2048
"""Messages of one room that are remembered; the oldest are forgotten first."""

MOST_BYTES = 1024 * 1024
"""Bytes of them."""

_DIGEST = 8
"""Bytes by which messages are compared."""


class _Heard:
    """Of one room."""

    def __init__(self) -> None:
        self.messages: deque[tuple[int, bytes, bytes]] = deque()
        """When (a running number), digest, and the message itself."""

        self.size = 0

    def add(self, stamp: int, digest: bytes, message: bytes) -> None:
        self.messages.append((stamp, digest, message))
        self.size += len(message)
        while len(self.messages) > MOST or self.size > MOST_BYTES:
            self.size -= len(self.messages.popleft()[2])


class Overlap(Generic[Who]):
    """What one process heard of the rooms of one namespace: of those that are watched, or of all."""

    def __init__(self) -> None:
        self.everything = True
        """Whether all rooms are watched."""

        self._watched: Counter[str] = Counter()
        self._rooms: dict[str, _Heard] = {}
        self._awaited: dict[str, dict[bytes, Counter[Who]]] = {}
        self._stamp = 0

    @property
    def idle(self) -> bool:
        """Whether no room is watched."""
        return not self.everything and not self._watched

    def watch(self, rooms: Iterable[str]) -> None:
        """Remember what these bring, too, until as many calls of `unwatch`."""
        self._watched.update(rooms)

    def unwatch(self, rooms: Iterable[str]) -> None:
        """End that; forgets what they brought when nobody else watches them."""
        self._watched.subtract(rooms)
        self._watched = +self._watched
        if not self.everything:
            for kept in (self._rooms, self._awaited):
                for room in kept.keys() - self._watched.keys():
                    del kept[room]

    def narrow(self) -> None:
        """Remember no more than what is watched room by room."""
        self.everything = False
        self.unwatch(())

    def hear(self, room: str, message: bytes) -> frozenset[Who]:
        """Remember a message; those who had it where they came from."""
        if not self.everything and room not in self._watched:
            return frozenset()
        digest = hashlib.blake2b(message, digest_size=_DIGEST).digest()
        self._stamp += 1
        self._rooms.setdefault(room, _Heard()).add(self._stamp, digest, message)
        awaited = self._awaited.get(room)
        if not awaited or digest not in awaited:
            return frozenset()
        had_it = awaited[digest]
        those = frozenset(had_it)
        had_it.subtract(dict.fromkeys(those, 1))
        awaited[digest] = +had_it
        if not awaited[digest]:
            del awaited[digest]
        return those

    def heard(self, room: str) -> list[bytes]:
        """Digests of what a room brought."""
        found = self._rooms.get(room)
        return [digest for _, digest, _ in found.messages] if found is not None else []

    def arrive(self, who: Who, heard: Mapping[str, list[bytes]]) -> list[tuple[str, bytes]]:
        """Take somebody in who heard this where they were: what they missed, by room, in the order of here."""
        missed: list[tuple[int, str, bytes]] = []
        for room, digests in heard.items():
            had = Counter(digests)
            here = self._rooms.get(room)
            for stamp, digest, message in here.messages if here is not None else ():
                if had[digest] > 0:
                    had[digest] -= 1
                else:
                    missed.append((stamp, room, message))
            awaited = self._awaited.setdefault(room, {})
            for digest, count in (+had).items():
                awaited.setdefault(digest, Counter())[who] += count
        return [(room, message) for _, room, message in sorted(missed)]

"""What one client has been sent of its durable rooms, as two texts that the client itself keeps and brings back.

    trail = Trail("q8Zk3b0xYt1w")                       # a nonce: tells this session's offsets from all others
    trail.see("news", Mark(17, 0x9F2C01AB))
    pid = trail.pid()                                   # with CONNECT; names the rooms followed so far
    trail.see("news", Mark(18, 0x00C0FFEE))
    trail.offset()                                      # 'q8Zk3b0xYt1w.18-c0ffee': the last argument of each entry
    Trail.restore(pid, "q8Zk3b0xYt1w.18-c0ffee")        # a Trail that has seen 18 of "news"

Socket.IO's connection state recovery works so: CONNECT brings the client a `pid`; each event whose last argument is a
text leaves that text with it as its offset; a client that comes back sends both. Nothing is kept here, so it does not
matter which process it comes back to, or what happened meanwhile to the one it left. What a client brings is its own
word: it can misplace its own cursors, no more, and rooms are followed again only by the application's leave.

A mark is the number of an entry and a checksum of it: numbers that a log gave twice, after it lost its end, are seen.
https://socket.io/docs/v4/connection-state-recovery
"""

import base64
import binascii
from typing import Annotated, Any, NamedTuple

import msgspec

MOST_ROOMS = 64
"""Rooms of one trail; a client that follows more cannot recover."""

_LONGEST = 16_384
"""Characters of a pid or an offset that are looked at."""

_GREATEST = 2**53
"""Beyond it, no log counts: where numbers are floats, they end to be exact."""

_LOST = "x"
"""In place of marks: nothing can be recovered from here."""


class Mark(NamedTuple):
    """An entry of a room: the last one a client was sent."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=_GREATEST)]
    """0: none, the room was empty."""

    checksum: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
    """CRC-32 of its frame; 0 with seq 0."""


EMPTY = Mark(0, 0)
"""Before the first entry of a room."""


class _Start(msgspec.Struct, frozen=True, array_like=True):
    """What a pid says."""

    nonce: str
    rooms: tuple[tuple[str, Mark | None], ...]


_starts = msgspec.msgpack.Decoder(_Start)


class Trail:
    """Args: nonce: characters of base64url, that nobody can guess."""

    __slots__ = ("_fields", "_lost", "_marks", "_nonce", "_pid", "_pinned")

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._marks: dict[str, Mark | None] = {}
        self._fields: dict[str, str] = {}
        self._pid: str | None = None
        self._pinned: tuple[str, ...] = ()
        self._lost = False

    @classmethod
    def restore(cls, pid: object, offset: object) -> "Trail | None":
        """What a client brought; None when it does not say exactly where the client stands, or stands nowhere."""
        if not isinstance(pid, str) or len(pid) > _LONGEST:
            return None
        try:
            start = _starts.decode(_unpacked(pid))
        except (ValueError, msgspec.MsgspecError):
            return None
        marks = _marks_of(start, offset)
        if not marks or len(marks) > MOST_ROOMS or not start.nonce or "." in start.nonce:
            return None
        trail = cls(start.nonce)
        trail._pid = pid
        trail._pinned = tuple(room for room, _ in start.rooms)
        trail._fields = dict.fromkeys(trail._pinned, "")
        for room, mark in marks.items():
            trail.see(room, mark)
        return trail

    def state(self) -> list[Any]:
        """All of it, plain, for another process that goes on with the client's connection."""
        return [
            self._nonce,
            self.pid(),
            list(self._pinned),
            [[room, *(mark or ())] for room, mark in self._marks.items()],
        ]

    @classmethod
    def from_state(cls, state: list[Any]) -> "Trail":
        """The trail that `state` came from."""
        trail = cls(state[0])
        trail._pid, trail._pinned = state[1], tuple(state[2])
        trail._fields = dict.fromkeys(trail._pinned, "")
        for room, *mark in state[3]:
            trail.see(room, Mark(*mark) if mark else None)
        return trail

    def marks(self) -> dict[str, Mark]:
        """The rooms and the last entry of each that was sent; without those of which that is not known."""
        return {room: mark for room, mark in self._marks.items() if mark is not None}

    def follows(self, room: str) -> bool:
        """Whether the room is part of it."""
        return room in self._marks

    def see(self, room: str, mark: Mark | None) -> None:
        """The client is sent this entry of the room, or begins behind it. None: behind one that is not known."""
        self._marks[room] = mark
        shown = "?" if mark is None else f"{mark.seq}-{mark.checksum:x}"
        self._fields[room] = shown if room in self._pinned else f"{_packed(room.encode())}:{shown}"
        if len(self._marks) > MOST_ROOMS:
            self._lost = True

    def drop(self, room: str) -> None:
        """It follows the room no more."""
        self._marks.pop(room, None)
        if room in self._pinned:
            self._fields[room] = ""
        else:
            self._fields.pop(room, None)

    def pid(self) -> str:
        """The private id for CONNECT: the same whenever it is asked for."""
        if self._pid is None:
            rooms = () if self._lost else tuple(self._marks.items())
            self._pid = _packed(msgspec.msgpack.encode(_Start(self._nonce, rooms)))
            self._pinned = tuple(room for room, _ in rooms)
            marks, self._marks, self._fields = self._marks, {}, {}
            for room, mark in marks.items():
                self.see(room, mark)
        return self._pid

    def offset(self) -> str:
        """Where the client stands; ASCII that JSON need not escape."""
        if self._lost:
            return f"{self._nonce}.{_LOST}"
        return ".".join((self._nonce, *self._fields.values()))


def _marks_of(start: _Start, offset: object) -> dict[str, Mark] | None:
    """Where a client stands. Without an offset of this session it was sent nothing since its CONNECT."""
    if isinstance(offset, str) and len(offset) <= _LONGEST and offset.startswith(f"{start.nonce}."):
        return _read_offset(start, offset.split(".")[1:])
    if offset is not None and not (isinstance(offset, str) and "." in offset):
        return None  # no offset of ours at all: what the client was sent cannot be told
    return _all_known(dict(start.rooms))


def _read_offset(start: _Start, fields: list[str]) -> dict[str, Mark] | None:
    """Marks by place, of the rooms that the pid names, then marks by name. From before CONNECT, all are by name."""
    marks: dict[str, Mark | None] = {}
    places = [field for field in fields if ":" not in field]
    if places and len(places) != len(start.rooms):
        return None
    try:
        for (room, _), field in zip(start.rooms, places, strict=False):
            if field:
                marks[room] = _mark(field)
        for field in fields[len(places) :]:
            name, _, shown = field.partition(":")
            marks[_unpacked(name).decode()] = _mark(shown)
    except ValueError:
        return None
    if not places and any(room not in marks for room, _ in start.rooms):
        return None
    return _all_known(marks)


def _all_known(marks: dict[str, Mark | None]) -> dict[str, Mark] | None:
    known = {room: mark for room, mark in marks.items() if mark is not None}
    return known if len(known) == len(marks) else None


def _mark(shown: str) -> Mark | None:
    if shown == "?":
        return None
    seq, _, checksum = shown.partition("-")
    mark = Mark(int(seq[:20]), int(checksum[:8], 16))
    if mark.seq > _GREATEST or not seq.isdecimal() or not checksum.isalnum():
        raise ValueError(shown)
    return mark


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpacked(text: str) -> bytes:
    """The bytes of base64url without padding.

    Raises:
        ValueError: it is none.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None

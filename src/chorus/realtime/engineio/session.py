"""One Engine.IO session, whatever carries it, without I/O and without a clock.

    session = Session("0.Zm9v", EngineOptions(), now=100.0)
    send(session.opening())                       # '0{"sid": …}'
    data = session.receive("4hello")              # "hello"
    session.look_again_at                         # 125.0: nothing happens by itself before
    session.pass_time(now=125.0)                  # Pass.PING: send one
    session.pass_time(now=145.0)                  # Pass.TIMED_OUT: no pong came within ping_timeout

A session reads in any state but CLOSED. What a packet from the client does is a table; a missing pair is an error of
the client, and the caller then ends the session with the reason "parse error".
"""

from collections.abc import Sequence
from enum import Enum, auto

import msgspec

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.engineio.packets import PacketType, decode
from chorus.realtime.errors import InvalidEnginePacket

_TOLERANCE = 0.1
"""Part of the ping timeout by which a ping may be late at the client's expense."""


class State(Enum):
    """Where a session is."""

    QUIET = auto()
    """Open; the last ping, if any, is answered."""

    AWAITING_PONG = auto()
    CLOSED = auto()


class Pass(Enum):
    """What passing time asks for."""

    NOTHING = auto()
    PING = auto()
    TIMED_OUT = auto()


class Closing(Enum):
    """The client ends the session by a CLOSE packet."""

    BY_CLIENT = auto()


_NEXT = {
    (State.QUIET, PacketType.MESSAGE): State.QUIET,
    (State.QUIET, PacketType.PONG): State.QUIET,
    (State.QUIET, PacketType.NOOP): State.QUIET,
    (State.QUIET, PacketType.CLOSE): State.CLOSED,
    (State.AWAITING_PONG, PacketType.MESSAGE): State.AWAITING_PONG,
    (State.AWAITING_PONG, PacketType.PONG): State.QUIET,
    (State.AWAITING_PONG, PacketType.NOOP): State.AWAITING_PONG,
    (State.AWAITING_PONG, PacketType.CLOSE): State.CLOSED,
}


class Session:
    """State and deadlines of one session."""

    __slots__ = ("_options", "look_again_at", "pinged_at", "sid", "state")

    def __init__(self, sid: str, options: EngineOptions, *, now: float) -> None:
        self.sid = sid
        self.state = State.QUIET
        self._options = options
        self.pinged_at = now
        """When the last ping was due, or the client was heard for certain."""

        self.look_again_at = now + options.ping_interval
        """Monotonic seconds; before it, time alone changes nothing."""

    @classmethod
    def restored(cls, sid: str, options: EngineOptions, *, state: State, pinged_at: float) -> "Session":
        """The session that another process had in this state, pinged at that time."""
        session = cls(sid, options, now=pinged_at)
        session.state = state
        if state is State.AWAITING_PONG:
            session.look_again_at = pinged_at + min(options.ping_interval, options.ping_timeout)
        return session

    def opening(self, upgrades: Sequence[str] = ()) -> str:
        """The OPEN packet that tells the client the sid, how the session behaves, and what it may be upgraded to."""
        return "0" + _encode_opening(
            {
                "sid": self.sid,
                "upgrades": list(upgrades),
                "pingInterval": round(self._options.ping_interval * 1000),
                "pingTimeout": round(self._options.ping_timeout * 1000),
                "maxPayload": self._options.max_payload,
            }
        )

    def receive(self, message: str | bytes) -> str | bytes | Closing | None:
        """Take one WebSocket message; the data of a MESSAGE, `Closing`, or None when there is nothing more to do.

        Raises:
            InvalidEnginePacket: no packet, or one that a client may not send now.
        """
        if message[:1] == "4" and self.state is not State.CLOSED:
            return message[1:]  # the table's answer for nearly all there is, without asking it
        packet = decode(message)
        after = _NEXT.get((self.state, packet.type))
        if after is None:
            raise InvalidEnginePacket(f"{packet.type.name} packet: not expected in state {self.state.name}")
        self.state = after
        if packet.type is PacketType.MESSAGE:
            return packet.data
        return Closing.BY_CLIENT if packet.type is PacketType.CLOSE else None

    def pass_time(self, *, now: float) -> Pass:
        """Say what is due at `now`; moves `look_again_at`."""
        if self.state is State.CLOSED:
            return Pass.NOTHING
        if self.state is State.AWAITING_PONG:
            given_up_at = self.pinged_at + self._options.ping_timeout
            if now >= given_up_at:
                self.state = State.CLOSED
                return Pass.TIMED_OUT
            self.look_again_at = given_up_at
            return Pass.NOTHING
        due = self.pinged_at + self._options.ping_interval
        if now < due:
            self.look_again_at = due
            return Pass.NOTHING
        self.state = State.AWAITING_PONG
        # A ping that is late by a turn of the timer counts from when it was due; delays would add up otherwise.
        self.pinged_at = max(due, now - _TOLERANCE * self._options.ping_timeout)
        self.look_again_at = self.pinged_at + min(self._options.ping_interval, self._options.ping_timeout)
        return Pass.PING

    def forgive(self, *, now: float) -> None:
        """Count the client as heard now: its pong may lie unread because we do not read from its socket."""
        if self.state is not State.CLOSED:
            self.state = State.QUIET
            self.pinged_at = now

    def close(self) -> None:
        """End it; nothing is received any more."""
        self.state = State.CLOSED


def _encode_opening(fields: dict[str, object]) -> str:
    return msgspec.json.encode(fields).decode("ascii")

"""The long-polling side of one session, without I/O: which requests may come when, and when a poll is answered.

    polling = Polling()
    polling.poll()                  # a GET came
    polling.due(waiting=False)      # False: it waits until there is something to send
    polling.due(waiting=True)       # True
    polling.poll_ended()            # its answer went out
    polling.probe()                 # a WebSocket asks to take over: polls are answered at once from now on
    polling.upgrade()               # it took over: nothing of polling works any more

One poll and one post may be under way at a time, independently of each other. What a request does is a table; a missing
pair is an error of the client, which ends its session.
"""

from collections.abc import Mapping
from enum import Enum, auto

from chorus.realtime.engineio.packets import decode_payload, encode
from chorus.realtime.errors import InvalidEnginePacket


class Request(Enum):
    """One of the two requests that may be under way."""

    NONE = auto()
    UNDER_WAY = auto()


class Phase(Enum):
    """Whose session it is."""

    POLLING = auto()
    PROBED = auto()
    """A WebSocket has asked whether it gets through."""

    UPGRADED = auto()
    CLOSED = auto()


class Event(Enum):
    """What happens to a phase."""

    PROBE = auto()
    PROBE_FAILED = auto()
    UPGRADE = auto()
    CLOSE = auto()


_NEXT: Mapping[tuple[Phase, Event], Phase] = {
    (Phase.POLLING, Event.PROBE): Phase.PROBED,
    (Phase.POLLING, Event.CLOSE): Phase.CLOSED,
    (Phase.PROBED, Event.PROBE_FAILED): Phase.POLLING,
    (Phase.PROBED, Event.UPGRADE): Phase.UPGRADED,
    (Phase.PROBED, Event.CLOSE): Phase.CLOSED,
    (Phase.UPGRADED, Event.CLOSE): Phase.CLOSED,
    (Phase.CLOSED, Event.CLOSE): Phase.CLOSED,
    (Phase.CLOSED, Event.PROBE_FAILED): Phase.CLOSED,
}


class Polling:
    """State of one session's long polling."""

    __slots__ = ("_poll", "_post", "phase")

    def __init__(self) -> None:
        self.phase = Phase.POLLING
        self._poll = Request.NONE
        self._post = Request.NONE

    @property
    def open(self) -> bool:
        """Whether requests are still taken."""
        return self.phase in (Phase.POLLING, Phase.PROBED)

    @property
    def polled(self) -> bool:
        """Whether a poll is under way."""
        return self._poll is Request.UNDER_WAY

    def poll(self) -> None:
        """A GET came.

        Raises:
            InvalidEnginePacket: another one is under way, or polling is over.
        """
        self._check_open()
        if self._poll is Request.UNDER_WAY:
            raise InvalidEnginePacket("a second poll while one waits")
        self._poll = Request.UNDER_WAY

    def due(self, *, waiting: bool) -> bool:
        """Whether the poll under way is to be answered now; `waiting`: whether there is something to send."""
        return self._poll is Request.UNDER_WAY and (waiting or self.phase is not Phase.POLLING)

    def poll_ended(self) -> None:
        """It was answered, or its client left."""
        self._poll = Request.NONE

    def post(self, body: str, *, max_packets: int) -> list[str | bytes]:
        """A POST came; its packets, each as one WebSocket message would hold it.

        Raises:
            InvalidEnginePacket: another one is under way, or polling is over, or one of the packets is none.
            TooLarge: it holds more packets than allowed.
        """
        self._check_open()
        if self._post is Request.UNDER_WAY:
            raise InvalidEnginePacket("a second post while one is read")
        messages = [encode(packet) for packet in decode_payload(body, max_packets=max_packets)]
        self._post = Request.UNDER_WAY
        return messages

    def post_ended(self) -> None:
        """All its packets were taken."""
        self._post = Request.NONE

    def probe(self) -> None:
        """A WebSocket asks to take over.

        Raises:
            InvalidEnginePacket: another one does, or did.
        """
        self._go(Event.PROBE)

    def probe_failed(self) -> None:
        """It is gone without having taken over: polling goes on."""
        self._go(Event.PROBE_FAILED)

    def upgrade(self) -> None:
        """It takes over.

        Raises:
            InvalidEnginePacket: it did not ask before, or a post is still being read.
        """
        if self._post is Request.UNDER_WAY:
            raise InvalidEnginePacket("UPGRADE packet: a post is still under way")
        self._go(Event.UPGRADE)

    def close(self) -> None:
        """The session is over."""
        self._go(Event.CLOSE)

    def _check_open(self) -> None:
        if not self.open:
            raise InvalidEnginePacket(f"a request for long polling: not expected in phase {self.phase.name}")

    def _go(self, event: Event) -> None:
        after = _NEXT.get((self.phase, event))
        if after is None:
            raise InvalidEnginePacket(f"{event.name}: not expected in phase {self.phase.name}")
        self.phase = after

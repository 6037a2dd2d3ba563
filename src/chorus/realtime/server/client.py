"""One client in one namespace: what handlers get, and the order in which they get to see its events.

    @chat.on("join")
    async def join(client, room):
        client.join(room)
        answer = await client.call("who are you?", timeout=5.0)

Life of a client: the connect handler runs while nothing is written to the client's socket (what is emitted meanwhile
waits); when it returns, or when more waits than the outbox's high mark, CONNECT goes out and then what waited. Events
are handled one after another. When the client is gone it is in no room any more, and the disconnect handler runs after
the events that came before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from chorus.realtime.backplane.receivers import guarded
from chorus.realtime.errors import CallTimedOut, ClientGone
from chorus.realtime.log.trail import Trail
from chorus.realtime.server.backlog import Backlog
from chorus.realtime.server.broadcast import Broadcast, event_frame
from chorus.realtime.server.contract import Home, Session
from chorus.realtime.server.hub import Crossing
from chorus.realtime.server.inbox import Inbox
from chorus.realtime.server.names import EVERYBODY, check_joinable, check_room_name
from chorus.realtime.server.phase import NEXT, PRESENT, Phase
from chorus.realtime.server.questions import Questions
from chorus.realtime.server.remote import Chosen
from chorus.realtime.socketio.packets import Packet, PacketType, encode
from chorus.realtime.transport.contract import Write
from chorus.realtime.transport.frames import Frame, packet_frame
from chorus.realtime.transport.request import Request

_EVENT = PacketType.EVENT
_STRETCH = 4
"""Times more events may wait while an answer of their client is awaited."""


class Client:
    """A client that speaks to a namespace. Handlers get it; nothing here is for other threads."""

    write: Write
    """Writes a frame's bytes to the socket, before what waits for the end of the tick: `send_frame` is for you."""

    __slots__ = (
        "_backlog",
        "_connection",
        "_inbox",
        "_phase",
        "_welcome",
        "_when_gone",
        "home",
        "questions",
        "recovered",
        "sid",
        "state",
        "trail",
        "write",
    )

    def __init__(self, sid: str, connection: "Session[Client]", home: "Home[Client]") -> None:
        self.sid = sid
        """Unique among all instances; not the session's, which is nobody's business."""

        self.state: Any = None
        """The application's own; whatever it likes."""

        self.trail: Trail | None = None
        """What it was sent of durable rooms, where clients may recover; the library's."""

        self.recovered = False
        """Whether it goes on where an earlier connection of it ended; known when its connect handler has returned."""

        self.home = home
        """Its namespace; the library's."""

        self.questions: Questions | None = None
        """What it is asked, since it was asked anything; the library's."""

        self.write = self._hold

        self._connection = connection
        self._phase = Phase.CONNECTING
        self._backlog: Backlog | None = Backlog()
        """What it is sent before it is let in."""

        self._welcome = False
        self._inbox = Inbox(
            self._handle,
            limit=connection.options.max_queued_events,
            pause=connection.pause_reading,
            resume=connection.resume_reading,
            tasks=connection.tasks,
        )
        self._when_gone: list[Callable[[Client], None]] = []

    def __repr__(self) -> str:
        return f"Client({self.sid!r}, {self._phase.name.lower()})"

    # For handlers

    @property
    def request(self) -> Request:
        """The HTTP request the session began with: `path`, `headers`, `cookies`, `remote`."""
        return self._connection.request

    @property
    def namespace(self) -> str:
        """The name of its namespace."""
        return self.home.name

    @property
    def connected(self) -> bool:
        """Whether it is there, let in or about to be; once False, for ever."""
        return self._phase in PRESENT

    @property
    def let_in(self) -> bool:
        """Whether its connect handler let it in, and it has not gone since."""
        return self._phase is Phase.CONNECTED

    @property
    def congested(self) -> bool:
        """Whether so much waits for its socket that sending more had better wait too."""
        return self._connection.is_congested

    @property
    def rooms(self) -> frozenset[str]:
        """Names of the rooms it is in."""
        return self.home.hub.rooms_of(self)

    @property
    def transport(self) -> str:
        """What carries it now: "polling" or "websocket"; "" when it is gone."""
        return self._connection.transport

    @property
    def recovering(self) -> Mapping[str, int]:
        """For the connect handler: durable rooms it says it followed, and the last entry it saw of each.

        It recovers when the handler lets it follow all of them; see chorus.realtime.server.recovery.
        """
        recovery = self.home.recovery
        return recovery.claims(self) if recovery is not None else {}

    def to(self, *rooms: str) -> Broadcast:
        """Address the members of these rooms but itself, on all instances."""
        return self.home.address(Chosen(tuple(map(check_room_name, rooms)), (self.sid,)))

    @property
    def others(self) -> Broadcast:
        """Address everybody in its namespace but itself, on all instances."""
        return self.home.address(Chosen((EVERYBODY,), (self.sid,)))

    @property
    def volatile(self) -> Broadcast:
        """Address itself, unless its socket is congested: `client.volatile.emit(…)` for what soon is worthless."""
        return self.home.address(Chosen((self.sid,))).local.volatile

    def emit(self, event: str, *args: object) -> None:
        """Send it an event, at most once; nobody is waited for. A client that is gone gets nothing.

        Raises:
            UsageError: the event's name is reserved.
            TypeError: an argument cannot become JSON.
        """
        self.send_frame(event_frame(self.home.name, event, *args, veiled=self.home.hub.veils))

    async def call(self, event: str, *args: object, timeout: float = 20.0) -> Any:
        """Send it an event and wait for the answer: its value, or a list when the client answers with several.

        Raises:
            CallTimedOut: no answer within `timeout` seconds.
            ClientGone: it disconnected meanwhile, or was gone already.
            TooManyCalls: too many answers of this client are awaited already.
        """
        if self._phase not in PRESENT:
            raise ClientGone(f"{event!r}: the client is gone")
        if self.questions is None:
            self.questions = Questions(limit=self._connection.options.max_calls)
        number, answer = self.questions.ask()
        self._inbox.allow(self._connection.options.max_queued_events * _STRETCH)  # the answer lies behind them
        try:
            self.send_frame(event_frame(self.home.name, event, *args, ack_id=number))
            async with asyncio.timeout(timeout):
                values = await answer
        except TimeoutError:
            raise CallTimedOut(f"{event!r}: no answer within {timeout:g} s") from None
        finally:
            self.questions.close(number)
            if not self.questions:
                self._inbox.allow(self._connection.options.max_queued_events)
        return values[0] if len(values) == 1 else (values or None)

    def join(self, room: str) -> None:
        """Put it into a room. Rooms come and go with their members.

        Raises:
            UsageError: the name is empty, or no text, or could be a sid.
        """
        if self._phase in PRESENT:
            self.home.hub.join(self, check_joinable(room))

    def leave(self, room: str) -> None:
        """Take it out of a room; not being in it is fine."""
        self.home.hub.leave(self, check_room_name(room))

    def disconnect(self, reason: str = "server namespace disconnect", *, close: bool = False) -> None:
        """Send it away from this namespace; the official client does not come back by itself.

        Args:
            reason: for the disconnect handler; the client is told "io server disconnect".
            close: end its whole session, in whatever namespaces it is, and its connection.
        """
        if close:
            self._connection.send_away(reason)
            return
        if self._phase is Phase.CONNECTED:
            self.home.hub.send(self, packet_frame(*encode(Packet(PacketType.DISCONNECT, self.home.name))))
            self.home.hub.settle(self)  # what its rooms were told in this tick is for it as well
        self.go(reason)
        self._connection.forget(self.home.name, self)

    # For the library and for durable rooms

    def send_frame(self, frame: Frame) -> None:
        """Send what `Namespace.encode` made, behind everything it was sent before."""
        if self._phase is not Phase.GONE:
            self.home.hub.send(self, frame)
            self._connection.look_at_outbox()

    def when_gone(self, callback: "Callable[[Client], None]") -> None:
        """Have `callback` called once, as soon as it is gone, in no room any more; at once when it is."""
        if self._phase not in PRESENT:
            callback(self)
        else:
            self._when_gone.append(callback)

    def rewire(self) -> None:
        """Its connection goes on on another wire."""
        if self._phase is Phase.CONNECTED:
            self.write = self._connection.write

    def begin(self, auth: dict[str, Any]) -> None:
        """Let the connect handler decide."""
        self.home.hub.enter(self)
        if self.home.recovery is not None:
            auth = self.home.recovery.greet(self, auth)
        self._inbox.put(Packet(PacketType.CONNECT, data=auth))

    def take(self, packet: Packet) -> None:
        """Handle an EVENT in its turn, an ACK at once: its handler may be waiting for it."""
        if packet.type is _EVENT:
            self._inbox.put(packet)
        elif self.questions is not None and packet.id is not None:
            self.questions.answered(packet.id, packet.data)

    def go(self, reason: str) -> None:
        """It is gone: leaves its rooms now, and the disconnect handler runs when its events are handled."""
        if self._phase not in PRESENT:
            return
        if self._welcome and self.home.declared.disconnecting_handler is not None:
            guarded(self.home.declared.disconnecting_handler, self, reason)
        self._leave()
        self._bury(reason)

    def _bury(self, reason: str) -> None:
        if self.questions is not None:
            self.questions.end(reason)
        self._inbox.put(Packet(PacketType.DISCONNECT, data=reason))

    # Moving to another process

    @property
    def quiet(self) -> bool:
        """Whether it is let in, and none of its events is being handled or waits."""
        return self._phase is Phase.CONNECTED and self._inbox.idle

    @property
    def may_leave(self) -> bool:
        """Whether it is quiet, and its application would give it away now.

        Raises:
            NotMovable: its application cannot.
        """
        return self.quiet and self.home.declared.luggage.is_ready(self)

    @property
    def is_asking(self) -> bool:
        """Whether a handler of its events may be waiting for an answer of its own."""
        return bool(self.questions) and not self._inbox.idle

    @property
    def awaits_answers(self) -> bool:
        """Whether somebody here waits for an answer of it."""
        return bool(self.questions)

    def crossing(self) -> Crossing:
        """What it is told by, for the process that it is about to move to."""
        return self.home.hub.crossing(self)

    def depart(self, forward: Write) -> None:
        """It is on its way to another process: in no room here, and what it is sent is for `forward`."""
        if self._leave(Phase.MOVED):
            self.write = forward

    def forward(self, write: Write) -> None:
        """The other process has it, and hears by `write` what handlers that still run here send it."""
        self.write = write

    def stranded(self, reason: str) -> None:
        """No process has it: it is gone, and the disconnect handler runs."""
        if self._phase is Phase.MOVED and self._enter(Phase.GONE):
            self.write = _drop
            self._bury(reason)

    def was_let_in(self) -> None:
        """Another process let it in, and it goes on here: what it is sent is its connection's."""
        if self._enter(Phase.CONNECTED):
            self._welcome, self._backlog, self.write = True, None, self._connection.write

    def _enter(self, phase: Phase) -> bool:
        """Go on to this phase; False where that does not follow."""
        if follows := phase in NEXT[self._phase]:
            self._phase = phase
        return follows

    def _leave(self, phase: Phase = Phase.GONE) -> bool:
        """Leave everything here; False when it had before."""
        if not self._enter(phase):
            return False
        self.home.hub.exit(self)
        self.write = _drop
        self._backlog = None
        callbacks, self._when_gone = self._when_gone, []
        for callback in callbacks:
            guarded(callback, self)
        return True

    # Connecting

    def _hold(self, data: bytes) -> None:
        """Keep what is sent before CONNECT is. Who sends more than a socket takes at once has decided: it is let in."""
        if self._backlog is None:
            return
        limits, before = self._connection.options.outbox, self._backlog.size
        self._backlog.add(data)
        if self._backlog.size > limits.bound:
            self._connection.end("slow consumer: too much was sent to it before it was connected", 1008)
        elif self._backlog.size > limits.high_mark >= before:
            asyncio.get_running_loop().call_soon(self._let_in_early)

    def _let_in_early(self) -> None:
        if self._phase is Phase.CONNECTING:
            self.admit()

    def admit(self) -> None:
        """Let it in: CONNECT goes out, and then what it was sent meanwhile."""
        self._welcome = True
        if not self._enter(Phase.CONNECTED):
            return
        recovery = self.home.recovery
        if recovery is not None:
            recovery.give_up(self)
        pid = {"pid": self.trail.pid()} if self.trail is not None else {}
        packet = Packet(PacketType.CONNECT, self.home.name, {"sid": self.sid, **pid})
        self.write = self._connection.write
        backlog, self._backlog = self._backlog, None
        self.write(packet_frame(*encode(packet)) + (backlog.taken() if backlog is not None else b""))
        self.home.hub.join(self, EVERYBODY)
        if recovery is not None:
            recovery.begin(self)

    def turn_away(self, message: str, data: object) -> None:
        """Tell it that it is not let in, and why."""
        if self._phase is Phase.CONNECTED:  # it was sent so much that it was let in
            self.disconnect()
        elif self._leave():  # otherwise it has gone meanwhile, and is told nothing
            error = {"message": message} if data is None else {"message": message, "data": data}
            packet = Packet(PacketType.CONNECT_ERROR, self.home.name, error)
            self._connection.refuse(self.home.name, self, packet_frame(*encode(packet)))

    # Handling, one after another; what comes out of here never raises

    def _handle(self, packet: Packet) -> Awaitable[None] | None:
        if packet.type is _EVENT:
            return self.home.events.handle(self, packet) if self._welcome else None
        match packet.type:
            case PacketType.CONNECT:
                if self.home.declared.lets_all_in and self.home.recovery is None:
                    self.admit()
                    return None
                return self.home.admission.decide(self, packet.data, self.home.recovery)
            case _:
                return self.home.admission.bid_farewell(self, packet.data) if self._welcome else None


def _drop(_data: bytes) -> None:
    """What is written to a client that is gone."""

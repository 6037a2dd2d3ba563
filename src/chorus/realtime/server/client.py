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
import logging
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from functools import partial
from typing import Any, Protocol

from chorus.realtime.backplane.receivers import guarded
from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.errors import CallTimedOut, ClientGone, ConnectRefused
from chorus.realtime.handover.luggage import Luggage
from chorus.realtime.handover.state import ClientState
from chorus.realtime.log.trail import Trail
from chorus.realtime.server.broadcast import Broadcast, event_frame
from chorus.realtime.server.handlers import Function, Handlers
from chorus.realtime.server.handling import EventHandling, asked_to_stop
from chorus.realtime.server.hub import EVERYBODY, Crossing, Hub, check_room_name
from chorus.realtime.server.inbox import Inbox
from chorus.realtime.server.recovery import Recovery
from chorus.realtime.server.remote import Chosen
from chorus.realtime.socketio.calls import Calls
from chorus.realtime.socketio.packets import Packet, PacketType, encode
from chorus.realtime.transport.contract import Write
from chorus.realtime.transport.frames import Frame, packet_frame
from chorus.realtime.transport.request import Request

_log = logging.getLogger(__name__)

_EVENT = PacketType.EVENT
_STRETCH = 4
"""Times more events may wait while an answer of their client is awaited."""


class Phase(Enum):
    """Where a client is in its life."""

    CONNECTING = auto()
    CONNECTED = auto()
    MOVED = auto()
    """Another process goes on with it. What handlers that still run here send it is forwarded."""

    GONE = auto()


_PRESENT = frozenset({Phase.CONNECTING, Phase.CONNECTED})


class Session(Protocol):
    """What a client needs of its connection."""

    request: Request
    options: EngineOptions
    tasks: set[asyncio.Task[None]]
    write: Write

    @property
    def is_congested(self) -> bool:
        """Whether more waits for the socket than the high mark."""
        ...

    def look_at_outbox(self) -> None:
        """Something was written."""
        ...

    def pause_reading(self) -> None:
        """It has more events than it can handle."""
        ...

    def resume_reading(self) -> None:
        """It has caught up."""
        ...

    def forget(self, namespace: str, client: "Client") -> None:
        """It is gone from its namespace."""
        ...

    def refuse(self, namespace: str, client: "Client", frame: Frame) -> None:
        """It is not let in."""
        ...

    def end(self, reason: str, code: int) -> None:
        """Nothing can go on."""
        ...


class Declared(Protocol):
    """What an application declared of a namespace."""

    handlers: Handlers
    luggage: "Luggage[Client]"
    connect_handler: Function | None
    disconnecting_handler: Function | None
    disconnect_handler: Function | None
    connect_middlewares: list[Function]
    event_middlewares: list[Function]

    @property
    def lets_all_in(self) -> bool:
        """Whether nobody is asked before a client gets in."""
        ...


class Home(Protocol):
    """What a client needs of its namespace."""

    name: str
    recovery: "Recovery | None"
    events: EventHandling

    @property
    def declared(self) -> "Declared":
        """What its application declared."""
        ...

    @property
    def hub(self) -> "Hub[Client]":
        """Where its rooms are."""
        ...

    def address(self, chosen: Chosen) -> Broadcast:
        """Address clients of it."""
        ...


class Client:
    """A client that speaks to a namespace. Handlers get it; nothing here is for other threads."""

    write: Write
    """Writes a frame's bytes to the socket, before what waits for the end of the tick: `send_frame` is for you."""

    __slots__ = (
        "_calls",
        "_connection",
        "_held",
        "_held_bytes",
        "_inbox",
        "_namespace",
        "_phase",
        "_welcome",
        "_when_gone",
        "recovered",
        "sid",
        "state",
        "trail",
        "write",
    )

    def __init__(self, sid: str, connection: Session, namespace: Home) -> None:
        self.sid = sid
        """Unique among all instances; not the session's, which is nobody's business."""

        self.state: Any = None
        """The application's own; whatever it likes."""

        self.trail: Trail | None = None
        """What it was sent of durable rooms, where clients may recover; the library's."""

        self.recovered = False
        """Whether it goes on where an earlier connection of it ended; known when its connect handler has returned."""

        self.write = self._hold

        self._connection = connection
        self._namespace = namespace
        self._phase = Phase.CONNECTING
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._welcome = False
        self._inbox = Inbox(
            self._handle,
            limit=connection.options.max_queued_events,
            pause=connection.pause_reading,
            resume=connection.resume_reading,
            tasks=connection.tasks,
        )
        self._calls: Calls[asyncio.Future[list[Any]]] | None = None
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
        return self._namespace.name

    @property
    def connected(self) -> bool:
        """Whether it is there, let in or about to be; once False, for ever."""
        return self._phase in _PRESENT

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
        return self._namespace.hub.rooms_of(self)

    @property
    def recovering(self) -> Mapping[str, int]:
        """For the connect handler: durable rooms it says it followed, and the last entry it saw of each.

        It recovers when the handler lets it follow all of them; see chorus.realtime.server.recovery.
        """
        recovery = self._namespace.recovery
        return recovery.claims(self) if recovery is not None else {}

    def to(self, *rooms: str) -> Broadcast:
        """Address the members of these rooms but itself, on all instances."""
        return self._namespace.address(Chosen(tuple(map(check_room_name, rooms)), (self.sid,)))

    @property
    def others(self) -> Broadcast:
        """Address everybody in its namespace but itself, on all instances."""
        return self._namespace.address(Chosen((EVERYBODY,), (self.sid,)))

    def emit(self, event: str, *args: object) -> None:
        """Send it an event, at most once; nobody is waited for. A client that is gone gets nothing.

        Raises:
            UsageError: the event's name is reserved.
            TypeError: an argument cannot become JSON.
        """
        self.send_frame(event_frame(self._namespace.name, event, *args, veiled=self._namespace.hub.veils))

    async def call(self, event: str, *args: object, timeout: float = 20.0) -> Any:
        """Send it an event and wait for the answer: its value, or a list when the client answers with several.

        Raises:
            CallTimedOut: no answer within `timeout` seconds.
            ClientGone: it disconnected meanwhile, or was gone already.
            TooManyCalls: too many answers of this client are awaited already.
        """
        if self._phase not in _PRESENT:
            raise ClientGone(f"{event!r}: the client is gone")
        if self._calls is None:
            self._calls = Calls(limit=self._connection.options.max_calls)
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        number = self._calls.open(answer)
        self._inbox.allow(self._connection.options.max_queued_events * _STRETCH)  # the answer lies behind them
        try:
            self.send_frame(event_frame(self._namespace.name, event, *args, ack_id=number))
            async with asyncio.timeout(timeout):
                values = await answer
        except TimeoutError:
            raise CallTimedOut(f"{event!r}: no answer within {timeout:g} s") from None
        finally:
            self._calls.close(number)
            if not self._calls:
                self._inbox.allow(self._connection.options.max_queued_events)
        return values[0] if len(values) == 1 else (values or None)

    def join(self, room: str) -> None:
        """Put it into a room. Rooms come and go with their members.

        Raises:
            UsageError: the name is empty.
        """
        if self._phase in _PRESENT:
            self._namespace.hub.join(self, check_room_name(room))

    def leave(self, room: str) -> None:
        """Take it out of a room; not being in it is fine."""
        self._namespace.hub.leave(self, check_room_name(room))

    def disconnect(self, reason: str = "server namespace disconnect") -> None:
        """Send it away from this namespace; the official client does not come back by itself.

        Args:
            reason: for the disconnect handler; the client is told "io server disconnect".
        """
        if self._phase is Phase.CONNECTED:
            self._namespace.hub.send(self, packet_frame(*encode(Packet(PacketType.DISCONNECT, self._namespace.name))))
            self._namespace.hub.settle(self)  # what its rooms were told in this tick is for it as well
        self.go(reason)
        self._connection.forget(self._namespace.name, self)

    # For the library and for durable rooms

    def send_frame(self, frame: Frame) -> None:
        """Send what `Namespace.encode` made, behind everything it was sent before."""
        if self._phase is not Phase.GONE:
            self._namespace.hub.send(self, frame)
            self._connection.look_at_outbox()

    def when_gone(self, callback: "Callable[[Client], None]") -> None:
        """Have `callback` called once, as soon as it is gone, in no room any more; at once when it is."""
        if self._phase not in _PRESENT:
            callback(self)
        else:
            self._when_gone.append(callback)

    def rewire(self) -> None:
        """Its connection goes on on another wire."""
        if self._phase is Phase.CONNECTED:
            self.write = self._connection.write

    def begin(self, auth: dict[str, Any]) -> None:
        """Let the connect handler decide."""
        self._namespace.hub.enter(self)
        if self._namespace.recovery is not None:
            auth = self._namespace.recovery.greet(self, auth)
        self._inbox.put(Packet(PacketType.CONNECT, data=auth))

    def take(self, packet: Packet) -> None:
        """Handle an EVENT in its turn, an ACK at once: its handler may be waiting for it."""
        if packet.type is _EVENT:
            self._inbox.put(packet)
        elif self._calls is not None and packet.id is not None:
            answer = self._calls.close(packet.id)
            if answer is not None and not answer.done():
                answer.set_result(packet.data)

    def go(self, reason: str) -> None:
        """It is gone: leaves its rooms now, and the disconnect handler runs when its events are handled."""
        if self._phase not in _PRESENT:
            return
        if self._welcome and self._namespace.declared.disconnecting_handler is not None:
            guarded(self._namespace.declared.disconnecting_handler, self, reason)
        self._leave()
        self._bury(reason)

    def _bury(self, reason: str) -> None:
        for answer in self._calls.close_all() if self._calls is not None else ():
            if not answer.done():
                answer.set_exception(ClientGone(reason))
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
        return self.quiet and self._namespace.declared.luggage.is_ready(self)

    @property
    def is_asking(self) -> bool:
        """Whether a handler of its events may be waiting for an answer of its own."""
        return bool(self._calls) and not self._inbox.idle

    @property
    def awaits_answers(self) -> bool:
        """Whether somebody here waits for an answer of it."""
        return bool(self._calls)

    def pack(self) -> ClientState:
        """What another process needs; nothing is to be written to it any more.

        Raises:
            NotMovable: its application cannot give it away.
        """
        carried = self._namespace.declared.luggage.pack(self)  # first: it may take the client out of some of its rooms
        calls = self._calls
        return ClientState(
            namespace=self._namespace.name,
            sid=self.sid,
            rooms=tuple(sorted(self.rooms)),
            next_call=calls.next if calls is not None else 0,
            open_calls=calls.numbers if calls is not None else (),
            heard=self._namespace.hub.heard_by(self),
            carried=carried,
        )

    def crossing(self) -> Crossing:
        """What it is told by, for the process that it is about to move to."""
        return self._namespace.hub.crossing(self)

    def depart(self, forward: Write) -> None:
        """It is on its way to another process: in no room here, and what it is sent is for `forward`."""
        self._leave(Phase.MOVED)
        self.write = forward

    def forward(self, write: Write) -> None:
        """The other process has it, and hears by `write` what handlers that still run here send it."""
        self.write = write

    def stranded(self, reason: str) -> None:
        """No process has it: it is gone, and the disconnect handler runs."""
        if self._phase is Phase.MOVED:
            self._phase = Phase.GONE
            self.write = _drop
            self._bury(reason)

    @classmethod
    def arriving(
        cls, state: ClientState, connection: Session, namespace: Home, answered: Callable[[int, list[Any] | None], None]
    ) -> "Client":
        """The client that another process packed, in its rooms. What it is sent is the connection's to keep.

        `answered` is told what answers the other process's open calls get, or None when none will come.
        """
        client = cls(state.sid, connection, namespace)
        client._phase, client._welcome, client.write = Phase.CONNECTED, True, connection.write
        if state.next_call:
            client._calls = Calls(limit=connection.options.max_calls)
            client._calls.reopen(_forwarded(state.open_calls, answered), next_number=state.next_call)
        namespace.hub.enter(client)
        for room in (EVERYBODY, *state.rooms):
            namespace.hub.join(client, room)
        namespace.hub.catch_up(client, state.heard)
        try:
            namespace.declared.luggage.unpack(client, state.carried)
        except BaseException:
            client.depart(_drop)
            raise
        return client

    def answer_came(self, number: int, values: list[Any] | None) -> None:
        """The process that has it now heard its answer to a call of ours, or will hear none."""
        answer = self._calls.close(number) if self._calls is not None else None
        if answer is None or answer.done():
            return
        if values is None:
            answer.set_exception(ClientGone("the client disconnected"))
        else:
            answer.set_result(values)

    def _leave(self, phase: Phase = Phase.GONE) -> None:
        self._phase = phase
        self._namespace.hub.exit(self)
        self.write = _drop
        self._held.clear()
        callbacks, self._when_gone = self._when_gone, []
        for callback in callbacks:
            guarded(callback, self)

    # Connecting

    def _hold(self, data: bytes) -> None:
        """Keep what is sent before CONNECT is. Who sends more than a socket takes at once has decided: it is let in."""
        limits, before = self._connection.options.outbox, self._held_bytes
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > limits.bound:
            self._connection.end("slow consumer: too much was sent to it before it was connected", 1008)
        elif self._held_bytes > limits.high_mark >= before:
            asyncio.get_running_loop().call_soon(self._let_in_early)

    def _let_in_early(self) -> None:
        if self._phase is Phase.CONNECTING:
            self._let_in()

    def _let_in(self) -> None:
        self._welcome = True
        if self._phase is not Phase.CONNECTING:
            return
        self._phase = Phase.CONNECTED
        recovery = self._namespace.recovery
        if recovery is not None:
            recovery.give_up(self)
        pid = {"pid": self.trail.pid()} if self.trail is not None else {}
        packet = Packet(PacketType.CONNECT, self._namespace.name, {"sid": self.sid, **pid})
        self.write = self._connection.write
        self.write(b"".join((packet_frame(*encode(packet)), *self._held)))
        self._held.clear()
        self._namespace.hub.join(self, EVERYBODY)
        if recovery is not None:
            recovery.begin(self)

    def _refuse(self, message: str, data: object) -> None:
        if self._phase is Phase.CONNECTED:  # it was sent so much that it was let in
            self.disconnect()
            return
        self._leave()
        error = {"message": message} if data is None else {"message": message, "data": data}
        packet = Packet(PacketType.CONNECT_ERROR, self._namespace.name, error)
        self._connection.refuse(self._namespace.name, self, packet_frame(*encode(packet)))

    # Handling, one after another; what comes out of here never raises

    def _handle(self, packet: Packet) -> Awaitable[None] | None:
        if packet.type is _EVENT:
            return self._namespace.events.handle(self, packet) if self._welcome else None
        match packet.type:
            case PacketType.CONNECT:
                if self._namespace.declared.lets_all_in and self._namespace.recovery is None:
                    self._let_in()
                    return None
                return self._finish_connect(packet.data)
            case _:
                if self._namespace.declared.disconnect_handler is None or not self._welcome:
                    return None
                return self._finish_disconnect(packet.data)

    async def _finish_connect(self, auth: dict[str, Any]) -> None:
        handler = self._namespace.declared.connect_handler
        try:
            for function in (*self._namespace.declared.connect_middlewares, handler):
                result: Any = function(self, auth) if function is not None else None
                if hasattr(result, "__await__"):
                    await result
            if self._namespace.recovery is not None:
                await self._namespace.recovery.decide(self)
        except ConnectRefused as refused:
            self._refuse(refused.message, refused.data)
        except (Exception, asyncio.CancelledError):
            if asked_to_stop():
                raise
            _log.exception("the connect handler of %s failed", self._namespace.name)
            self._refuse("Internal server error", None)
        else:
            self._let_in()

    def _finish_disconnect(self, reason: str) -> Awaitable[None] | None:
        """A plain handler runs at once: with thousands of clients that go together, a task for each is most of it."""
        handler = self._namespace.declared.disconnect_handler
        if handler is None:
            return None
        try:
            result = handler(self, reason)
        except Exception:  # noqa: BLE001 - as of events: its application's failure, and others go on
            _log.exception("the disconnect handler of %s failed", self._namespace.name)
            return None
        return self._await_disconnect(result) if hasattr(result, "__await__") else None

    async def _await_disconnect(self, handling: Awaitable[Any]) -> None:
        try:
            await handling
        except (Exception, asyncio.CancelledError):
            if asked_to_stop():
                raise
            _log.exception("the disconnect handler of %s failed", self._namespace.name)


def _forwarded(
    numbers: tuple[int, ...], answered: Callable[[int, list[Any] | None], None]
) -> dict[int, asyncio.Future[list[Any]]]:
    """Waiters for answers that another process awaits."""

    def forward(number: int, answer: asyncio.Future[list[Any]]) -> None:
        answered(number, None if answer.cancelled() or answer.exception() is not None else answer.result())

    waiters: dict[int, asyncio.Future[list[Any]]] = {}
    for number in numbers:
        waiters[number] = asyncio.get_running_loop().create_future()
        waiters[number].add_done_callback(partial(forward, number))
    return waiters


def _drop(_data: bytes) -> None:
    """What is written to a client that is gone."""

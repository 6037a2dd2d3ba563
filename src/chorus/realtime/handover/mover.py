"""Hands live WebSockets to another process of this machine, and takes them: what a server offers its process manager.

    mover.format                                       # both processes say the same, or nothing moves
    departure = await mover.pack(protocol, within=5)   # there: a session, frozen; or None, it cannot move
    await mover.take(sock, state, server_state, back)  # here; StateRefused: it is not for us
    departure.taken(there) / departure.refused("why")
    mover.noted(note)                                  # what `there` and `back` were called with in the other process

`chorus.cluster`'s worker finds it as the application's attribute `hand_over`; the bytes are nobody's business but ours.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol
from weakref import WeakValueDictionary

import msgspec

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.errors import NotMovable, StateRefused
from chorus.realtime.handover import notes, pace
from chorus.realtime.handover.departure import Departure
from chorus.realtime.handover.packing import unpack
from chorus.realtime.handover.state import VERSION, SessionState, decode
from chorus.realtime.server.client import Client
from chorus.realtime.server.connection import Connection
from chorus.realtime.server.contract import Owner
from chorus.realtime.server.hub import Listening
from chorus.realtime.transport.contract import Driver, Gate
from chorus.realtime.transport.deflate import Deflater
from chorus.realtime.transport.resumed import ResumedWebSocket
from chorus.realtime.transport.websocket import WebSocketProtocol
from chorus.realtime.transport.websocket_wire import WebSocketWire

_log = logging.getLogger(__name__)

_LOOK = 0.05
"""Seconds between two looks whether answers are still awaited."""

_encode = msgspec.msgpack.Encoder().encode
_news = msgspec.msgpack.Decoder(dict[str, Listening])


class House(Owner[Connection, Client], Gate, Protocol):
    """What is needed of the server."""

    options: EngineOptions

    @property
    def luggage(self) -> Iterable[tuple[str, list[str]]]:
        """Names of namespaces, each with the names of the parts that give something along."""
        ...

    @property
    def going(self) -> bool:
        """Whether it takes no sessions any more."""
        ...

    def begin_overlap(self) -> dict[str, Listening]:
        """Remember for some time what rooms bring; what each namespace listens to."""
        ...

    def listen_ahead(self, there: dict[str, Listening]) -> None:
        """Listen to that, too, for some time."""
        ...

    def flush(self) -> None:
        """Write what waits for the end of the tick."""
        ...

    def drain(self) -> None:
        """End the sessions that poll, and open none any more."""
        ...


class Mover:
    """Of one server."""

    def __init__(self, server: House) -> None:
        self._server = server
        self._arrived: WeakValueDictionary[str, Connection] = WeakValueDictionary()
        self._asking: dict[tuple[str, str], Client] = {}
        """Clients that departed while somebody here waits for an answer of theirs, by session and namespace."""

    @property
    def format(self) -> str:
        """How sessions are written here."""
        parts = [f"{name} {', '.join(names)}" for name, names in sorted(self._server.luggage)]
        return f"chorus.realtime {VERSION}: {'; '.join(parts)}"

    async def announce(self) -> bytes:
        """Begin to remember what rooms bring; what the process must listen to that is to have our sessions."""
        listening = self._server.begin_overlap()
        await asyncio.sleep(pace.SETTLE)
        return _encode(listening)

    async def expect(self, news: bytes) -> None:
        """Listen to that before the sessions come.

        Raises:
            StateRefused: it is no announcement of ours.
        """
        try:
            there = _news.decode(news)
        except msgspec.DecodeError as error:
            raise StateRefused(f"an announcement of sessions: {error}") from None
        self._server.listen_ahead(there)
        await asyncio.sleep(pace.HEARS_WITHIN)

    def carries(self, protocol: object) -> bool:
        """Whether this is a WebSocket with a session, which could move."""
        return _session(protocol) is not None

    async def pack(self, protocol: object, *, within: float) -> Departure | None:
        """Freeze a session; None when it cannot be moved, and goes on here."""
        found = _session(protocol)
        if found is None:
            return None
        departure = Departure(*found, self._server.flush)
        try:
            await departure.prepare(within=within)
        except NotMovable as error:
            _log.info("%s stays: %s", found[1].request.remote or "a client", error)
            return None
        self.remember(departure.connection)
        return departure

    async def take(self, sock: socket.socket, state: bytes, server_state: Any, back: Callable[[bytes], None]) -> None:
        """Go on with a session.

        Args:
            sock: its socket; ours from now on, whatever happens.
            state: as the other process packed it.
            server_state: uvicorn's, whose `connections` knows the protocol then.
            back: carries notes to the other process.

        Raises:
            StateRefused: it is of another version, or this server cannot go on with it.
        """
        try:
            if self._server.going:
                raise StateRefused("this process is going, too")
            session = decode(state)
            if session.wire.deflates and self._server.deflater is None:
                raise StateRefused("its messages are compressed, and here none are")
            connection = self.arriving(session, back)
        except BaseException:  # whatever it was, it is for whoever called; the socket is ours to close
            sock.close()
            raise
        protocol = ResumedWebSocket(
            self._server,
            self._server.options,
            server_state.connections,
            partial(_arrive, connection, session, self._server.deflater),
        )
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, sock)
        except OSError:  # the client went away in between: it is ours, and gone
            sock.close()
            connection.never_arrived()

    def remember(self, connection: Connection) -> None:
        """It departs: notes may bring answers that somebody here waits for."""
        self._waiting()
        for client in connection.clients:
            if client.awaits_answers:
                self._asking[connection.sid, client.namespace] = client

    def arriving(self, session: SessionState, back: Callable[[bytes], None]) -> Connection:
        """The session that another process packed, without a wire yet.

        Raises:
            StateRefused: this server cannot go on with it.
        """
        try:
            connection = unpack(self._server, session, partial(_answered, session.sid, back))
        except StateRefused:
            raise
        except Exception as error:
            _log.exception("a session that another process sent cannot be taken")
            raise StateRefused(f"the application failed to take it: {error!r}") from error
        self._arrived[session.sid] = connection
        return connection

    def noted(self, data: bytes) -> None:
        """Take a note of the other process. One about a session that is gone changes nothing."""
        match notes.decode(data):
            case notes.Written(sid, frames):
                connection = self._arrived.get(sid)
                if connection is not None:
                    self._server.flush()
                    connection.write(frames)
            case notes.Answered(sid, namespace, number, values):
                client = self._asking.get((sid, namespace))
                if client is not None and client.questions is not None:
                    client.questions.answered(number, values)

    def drain(self) -> None:
        """This process ends, and whatever moves has moved: polls that wait are answered, nothing new begins."""
        self._server.drain()

    async def finish(self) -> None:
        """Wait until nobody here waits for an answer of a client that departed; each such wait has a timeout."""
        while True:
            if not self._waiting():
                return
            await asyncio.sleep(_LOOK)

    def _waiting(self) -> bool:
        """Forget those nobody waits for; whether some are left."""
        self._asking = {key: client for key, client in self._asking.items() if client.awaits_answers}
        return bool(self._asking)


def _session(protocol: object) -> tuple[WebSocketWire, Connection] | None:
    wire = protocol.wire if isinstance(protocol, WebSocketProtocol) else None
    if wire is None or not isinstance(wire.driver, Connection):
        return None
    return wire, wire.driver


def _arrive(connection: Connection, session: SessionState, deflater: Deflater | None, wire: WebSocketWire) -> Driver:
    wire.resume(session.wire, deflater)
    connection.arrive(wire, session.unsent)
    return connection


def _answered(sid: str, back: Callable[[bytes], None], namespace: str, number: int, values: list[Any] | None) -> None:
    back(notes.encode(notes.Answered(sid, namespace, number, values)))

"""One session: the driver between a wire, the state machines and the clients of its namespaces.

Messages go through the Engine.IO session and the Socket.IO decoder to the client they are for. Whatever a peer sends
that these do not allow ends its session, with a reason, and nobody else's.
"""

import asyncio
import logging
from typing import Any

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.engineio.session import Closing, Pass, Session
from chorus.realtime.errors import InvalidPacket, ProtocolError, TooLarge
from chorus.realtime.outbox import Outbox
from chorus.realtime.server.backlog import Backlog
from chorus.realtime.server.client import Client
from chorus.realtime.server.contract import Owner
from chorus.realtime.socketio.decoder import Decoder
from chorus.realtime.socketio.packets import Packet, PacketType, encode
from chorus.realtime.transport.contract import Wire, Write
from chorus.realtime.transport.frames import PING, Frame, packet_frame, text_frame
from chorus.realtime.transport.request import Request

_log = logging.getLogger(__name__)
_EVENT = PacketType.EVENT
_INVALID_NAMESPACE = {"message": "Invalid namespace"}
_TOO_MANY_NAMESPACES = {"message": "Too many namespaces"}


class Connection:
    """A Driver (transport/contract.py) and what its clients share."""

    __slots__ = (
        "__weakref__",
        "_backlog",
        "_clients",
        "_outbox",
        "_pausing",
        "_server",
        "_wire",
        "decoder",
        "engine",
        "opened_at",
        "options",
        "place",
        "request",
        "sid",
        "tasks",
        "write",
    )

    def __init__(self, server: "Owner[Connection, Client]", request: Request) -> None:
        self.request = request
        self.options: EngineOptions = server.options
        self.tasks: set[asyncio.Task[None]] = server.tasks
        self.write: Write
        self.sid = server.new_sid()
        """The session's secret; begins with the name of this instance."""

        self.place = -1
        """Where it is in the server's timer wheel."""

        self._server = server
        self.decoder = Decoder(max_attachments=server.options.max_attachments)
        self._clients: dict[str, Client] = {}
        self.engine: Session
        self._wire: Wire | None = None
        self.opened_at = 0.0
        self._outbox: Outbox | None = None
        self._pausing = 0
        self._backlog: Backlog | None = None
        """What is written while its socket is being made ready to move."""

    # The wire calls

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The session's cookie, when the server is set to have one."""
        return (self._server.cookie.header(self.sid),) if self._server.cookie is not None else ()

    def opened(self, wire: Wire) -> None:
        """Send the OPEN packet."""
        now = self._server.now()
        self.engine = Session(self.sid, self.options, now=now)
        self._wire = wire
        self.opened_at = now
        self.write = wire.write
        self._server.add(self)
        wire.greet(text_frame(self.engine.opening(wire.upgrades).encode()))

    def moved(self, wire: Wire) -> None:
        """Go on on another wire."""
        self.relieved()
        self._wire = wire
        self.write = wire.write
        if self._pausing:
            wire.pause_reading()
        for client in self._clients.values():
            client.rewire()

    def received(self, message: str | bytes) -> None:
        """Take one message."""
        if self._wire is None:
            return
        try:
            content = self.engine.receive(message)
            if isinstance(content, (str, bytes)):
                self.heard(content)
            elif content is Closing.BY_CLIENT:
                self.end("transport close", 1000)
        except TooLarge as error:
            self._protest(error, 1009)
        except ProtocolError as error:
            self._protest(error, 1002)

    def asked(self) -> None:
        """Do what is due; the timer may be a little late."""
        self.look(now=self._server.now())

    def congested(self) -> None:
        """More waits than the high mark."""
        self._outbox = Outbox(self.options.outbox, now=self._server.now())
        self._server.congested.add(self)

    def relieved(self) -> None:
        """No longer."""
        self._outbox = None
        self._server.congested.discard(self)

    def broken(self, code: int, reason: str) -> None:
        """The peer broke the rules of its transport."""
        _log.debug("%s: %s", self.request.remote, reason)
        self.end("transport error", code, reason)

    def shut_down(self) -> None:
        """This server is going."""
        self.end("server shutting down", 1012)

    def lost(self, reason: str) -> None:
        """The wire is gone."""
        self._gone(reason)

    # The server calls

    def look(self, *, now: float) -> float | None:
        """Do what is due; when to look again, or None when the session is over."""
        if self._wire is None:
            return None
        if not self._clients and now - self.opened_at >= self.options.connect_timeout:
            self.end("forced close", 1008, "no namespace was connected in time")
            return None
        if self._pausing:
            self.engine.forgive(now=now)
        match self.engine.pass_time(now=now):
            case Pass.PING:
                self.write(PING)
            case Pass.TIMED_OUT:
                self.end("ping timeout", 1001, abort=True)
                return None
            case Pass.NOTHING:
                pass
        return self.look_again_at

    @property
    def look_again_at(self) -> float:
        """Monotonic seconds."""
        if self._clients:
            return self.engine.look_again_at
        return min(self.engine.look_again_at, self.opened_at + self.options.connect_timeout)

    # Its clients call

    @property
    def is_congested(self) -> bool:
        """Whether more waits than the high mark."""
        return self._outbox is not None

    @property
    def transport(self) -> str:
        """What carries it: "polling", for what there is something better to go on to, or "websocket"; or nothing."""
        return "" if self._wire is None else "polling" if self._wire.upgrades else "websocket"

    def look_at_outbox(self) -> None:
        """Cut the peer off when too much waits for it, or for too long."""
        if self._outbox is None or self._wire is None:
            return
        verdict = self._outbox.judge(waiting=self._wire.waiting(), now=self._server.now())
        if verdict is not None:
            _log.info("%s: %s", self.request.remote or "a client", verdict)
            self.end(verdict, 1008, abort=True)

    def pause_reading(self) -> None:
        """One of its clients has more events than it can handle."""
        self._pausing += 1
        if self._pausing == 1 and self._wire is not None:
            self._wire.pause_reading()

    def resume_reading(self) -> None:
        """It has caught up."""
        self._pausing -= 1
        if not self._pausing and self._wire is not None:
            self.engine.forgive(now=self._server.now())
            self._wire.resume_reading()

    def forget(self, namespace: str, client: Client) -> None:
        """This client is gone; the session may go on with others."""
        if self._clients.get(namespace) is client:
            del self._clients[namespace]

    def refuse(self, namespace: str, client: Client, frame: Frame) -> None:
        """It is not let in; tell it so."""
        self.forget(namespace, client)
        if self._wire is not None:
            self.write(frame)

    def send_away(self, reason: str) -> None:
        """Disconnect all of its clients, and end the session when they are told."""
        for client in self.clients:
            client.disconnect(reason)
        self.end(reason, 1000)

    def end(self, reason: str, code: int, explanation: str = "", *, abort: bool = False) -> None:
        """End the session.

        Args:
            reason: for the disconnect handlers.
            code: of the close frame; RFC 6455, section 7.4.1.
            explanation: in the close frame, when it differs from the reason.
            abort: do not wait for the peer.
        """
        wire = self._wire
        self._gone(reason)
        if wire is None:
            return
        if abort:
            wire.abort()
        else:
            wire.close(code, explanation or reason)

    # Moving to another process

    @property
    def clients(self) -> tuple[Client, ...]:
        """Those of its namespaces."""
        return tuple(self._clients.values())

    @property
    def open(self) -> bool:
        """Whether it has a wire."""
        return self._wire is not None

    def now(self) -> float:
        """Monotonic seconds."""
        return self._server.now()

    @property
    def held(self) -> int:
        """How many bytes were written since `hold`."""
        return self._backlog.size if self._backlog is not None else 0

    def hold(self) -> None:
        """Keep what is written from now on."""
        self._backlog = Backlog()
        self._rewire(self._backlog.add)

    def taken(self) -> bytes:
        """What was written since `hold`: it is the caller's from here on."""
        return self._backlog.taken() if self._backlog is not None else b""

    def release(self) -> None:
        """Write what was kept, and everything else again: it does not move now."""
        kept, self._backlog = self.taken(), None
        if self._wire is not None:
            self._rewire(self._wire.write)
            if kept:
                self.write(kept)
            if self._pausing:
                self._wire.pause_reading()

    def depart(self, forward: Write) -> None:
        """It is on its way to another process: what handlers that still run here write is for `forward`."""
        self._wire = None
        self._outbox = None
        self._server.remove(self)
        self.write = forward
        for client in self._clients.values():
            client.depart(forward)

    def forward(self, write: Write) -> None:
        """The other process has it."""
        self.write = write
        for client in self._clients.values():
            client.forward(write)

    def stranded(self, reason: str) -> None:
        """No process has it."""
        for client in self._clients.values():
            client.stranded(reason)

    def adopt(self, client: Client) -> None:
        """It is one of its clients, and comes with it."""
        self._clients[client.namespace] = client

    def arrive(self, wire: Wire, unsent: bytes) -> None:
        """Go on on this wire: first with what did not go out where it comes from."""
        self._wire = wire
        self._server.add(self)
        if unsent:
            wire.write(unsent)
        self.release()

    def never_arrived(self) -> None:
        """Its client left while it was on its way."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            client.go("transport close")

    def _rewire(self, write: Write) -> None:
        self.write = write
        for client in self._clients.values():
            client.rewire()

    # Packets

    def heard(self, content: str | bytes) -> None:
        """Take the data of one Engine.IO message.

        Raises:
            ProtocolError: it is not what a client may send.
        """
        packet = self.decoder.feed(content)
        if packet is None:
            return
        client = self._clients.get(packet.namespace)
        if packet.type is _EVENT and client is not None:
            client.take(packet)
        else:
            self._take(packet, client)

    def _take(self, packet: Packet, client: Client | None) -> None:
        match packet.type:
            case PacketType.EVENT | PacketType.ACK:
                if client is None:
                    raise InvalidPacket(f"{packet.type.name}: the namespace is not connected")
                client.take(packet)
            case PacketType.CONNECT:
                if client is None:
                    self._connect(packet.namespace, packet.data or {})
            case PacketType.DISCONNECT:
                if client is not None:
                    self.forget(packet.namespace, client)
                    client.go("client namespace disconnect")
            case PacketType.CONNECT_ERROR:
                raise InvalidPacket("CONNECT_ERROR: only a server sends it")

    def _connect(self, name: str, auth: dict[str, Any]) -> None:
        full = len(self._clients) >= self.options.max_namespaces
        namespace = self._server.find_namespace(name) if not full else None
        if namespace is None:
            error = _TOO_MANY_NAMESPACES if full else _INVALID_NAMESPACE
            self.write(packet_frame(*encode(Packet(PacketType.CONNECT_ERROR, name, error))))
            return
        client = self._clients[name] = Client(self._server.new_sid(), self, namespace)
        client.begin(auth)

    def _protest(self, error: ProtocolError, code: int) -> None:
        _log.debug("%s: %s", self.request.remote, error)
        self.end("parse error" if code == 1002 else "transport error", code, str(error))

    def _gone(self, reason: str) -> None:
        if self._wire is None:
            return
        self._wire = None
        self.engine.close()
        self._outbox = None
        self._server.remove(self)
        clients, self._clients = self._clients, {}
        for client in clients.values():
            client.go(reason)

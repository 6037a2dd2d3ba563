"""The server: what an instance offers to applications and to web servers, and where its parts meet.

    server = Server()
    chat = server.namespace("/")

    @chat.on("echo")
    async def echo(client, *args):
        client.emit("echo", *args)

    uvicorn.run(server.asgi, ws=server.websocket_protocol)

`asgi` starts and closes the server with the web server's lifespan, and serves WebSockets, too, on servers that cannot
be given `websocket_protocol`. Beside another application on one port: `server.beside(application)`.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.backplane.memory import MemoryBackplane
from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.handover.mover import Mover
from chorus.realtime.handover.neighbours import Neighbours
from chorus.realtime.server.admin import AdminEndpoint
from chorus.realtime.server.assembly import Assembly
from chorus.realtime.server.beside import Beside
from chorus.realtime.server.carrier import Carrier
from chorus.realtime.server.census import Census
from chorus.realtime.server.client import Client
from chorus.realtime.server.connection import Connection
from chorus.realtime.server.declarations import Declared
from chorus.realtime.server.fanout import FanOut
from chorus.realtime.server.http import HttpEnd
from chorus.realtime.server.hub import Crossing, Hub, Listening
from chorus.realtime.server.names import check_instance
from chorus.realtime.server.namespace import Namespace
from chorus.realtime.server.namespaces import Namespaces
from chorus.realtime.server.overlaps import Overlaps
from chorus.realtime.server.pattern import NamespacePattern
from chorus.realtime.server.peers import Peers
from chorus.realtime.server.sessions import Sessions
from chorus.realtime.transport.asgi import Application
from chorus.realtime.transport.contract import Driver, Refusal
from chorus.realtime.transport.cookie import SessionCookie
from chorus.realtime.transport.deflate import Deflater
from chorus.realtime.transport.door import Door
from chorus.realtime.transport.handshake import Code, check_path, check_polling, check_upgrade, refusal
from chorus.realtime.transport.origin import Allowed, Origins, check_origins, is_ours
from chorus.realtime.transport.polling import PollingWire
from chorus.realtime.transport.request import Request
from chorus.realtime.transport.upgrade import Upgrade
from chorus.realtime.transport.websocket import WebSocketProtocol

_log = logging.getLogger(__name__)
_TOLD_WITHIN = 2.0
"""Seconds in which a session that polls asks again, from far away or by a busy machine, and is told that it is over."""


class Server:
    """One instance of the server.

    Args:
    instance: tells this instance from the others; sids begin with it. No two processes that live at one time have the
        same, on any machine: not the old and the new one of a reload either. None: without a backplane
        "0", and with one a name is made up that nobody else has.
    backplane: joins the instances; `start` and `close` do the same to it. None: this instance is alone.
    allowed_origins: origins whose pages may connect, besides those of the same host, as browsers send them:
        "https://chat.example"; "*" for all. Or a function that is given an origin and says whether it is allowed.
    path: where clients find it; begins with a slash.
    cookie: set with each new session, for load balancers that want one; None: none.

    Raises:
    UsageError: a name, an origin or a path that could never work.
    """

    def __init__(
        self,
        *,
        instance: str | None = None,
        backplane: Backplane | None = None,
        options: EngineOptions | None = None,
        allowed_origins: Origins | None = None,
        path: str = "/socket.io/",
        cookie: SessionCookie | None = None,
    ) -> None:
        if instance is None:
            instance = "0" if backplane is None else secrets.token_hex(4)
        self.instance = check_instance(instance)
        self.backplane = backplane if backplane is not None else MemoryBackplane()
        self.options = options if options is not None else EngineOptions()
        self.cookie = cookie
        self.deflater = Deflater(self.options.compression) if self.options.compression is not None else None
        self.tasks: set[asyncio.Task[None]] = set()
        """Handlers that run."""

        self.now = time.monotonic
        self._sessions = Sessions(self.options, lambda: self.now())  # noqa: PLW0108 - the clock that it has by then
        self.congested = self._sessions.congested
        """Sessions whose outbox is above the high mark."""

        self._polls: dict[str, PollingWire] = {}
        self._nobody_polls = asyncio.Event()
        self._peers = Peers(instance, self.backplane)
        self._carrier = Carrier(instance, self.backplane, self._polls, self.options, is_gone=self._peers.is_gone)
        self._census = Census(self, self._peers)
        self.asgi = HttpEnd(self, self._carrier)
        self.hand_over = Mover(self)
        """Hands live WebSockets to another process, and takes them: for chorus.cluster's worker."""

        self._neighbours = Neighbours(self, instance, self.backplane, self._polls, self.hand_over, self._peers.is_gone)

        self.path = check_path(path)
        """Where clients find it."""

        self._allowed_origins: Allowed = check_origins(allowed_origins)
        self._fan_out = FanOut[Client](self._call_soon, self._sessions.look_at_outboxes)
        self._namespaces = Namespaces(self._make_namespace)
        self._overlaps = Overlaps(lambda: self.all_namespaces, self.find_namespace)
        self._open = True

    def __len__(self) -> int:
        """Sessions of this instance."""
        return len(self._sessions)

    @property
    def ready(self) -> bool:
        """Whether to send it clients: started, not going, hearing the others; of rooms see `DurableRooms.deaf`."""
        return self._open and self.backplane.healthy

    def namespace(self, name: str = "/") -> Namespace:
        """The namespace of this name; made at the first call.

        Raises:
            UsageError: the name does not begin with a slash, or holds a comma.
        """
        return self._namespaces.get(name)

    def namespaces(self, pattern: str, *, most: int = 1_000) -> NamespacePattern:
        """Namespaces whose whole name matches a regular expression; each is made when its first client comes.

        Args:
            pattern: begins with a slash. What was made by name before goes first, then patterns in their order.
            most: how many there may be on this instance at a time; clients of others are refused.

        Raises:
            UsageError: it is no regular expression, or no name could match it.
        """
        return self._namespaces.add_pattern(pattern, most=most)

    @property
    def all_namespaces(self) -> tuple[Namespace, ...]:
        """Those there are on this instance, made by name or by the clients of a pattern."""
        return tuple(self._namespaces)

    def admin(self, token: str) -> AdminEndpoint:
        """An ASGI application that lists instances, rooms and sockets for those who show this token; see AdminEndpoint.

        Raises:
            ValueError: the token is shorter than 16 characters.
        """
        return AdminEndpoint(self._census, token)

    def beside(self, application: Application) -> Beside:
        """Serve this server and an ASGI application, of whichever framework, as one; see Beside."""
        return Beside(self, application)

    def websocket_protocol(self, config: object, server_state: Any, app_state: object) -> WebSocketProtocol:
        """Serve one upgrade request: uvicorn's `ws=`."""
        return WebSocketProtocol(self, self.options, server_state.connections)

    def http_protocol(
        self, config: object, server_state: Any, app_state: object, _loop: object = None
    ) -> asyncio.BaseProtocol:
        """Serve a connection: uvicorn's `http=`, beside `ws=`. It costs less so, and its bound is `connect_timeout`."""
        patience = self.options.connect_timeout
        return Door(patience, AutoHTTPProtocol, self.websocket_protocol, config, server_state, app_state)

    async def start(self) -> None:
        """Connect the backplane.

        Raises:
            BackplaneUnavailable: it cannot be reached.
        """
        self._carrier.start()
        self._neighbours.start()
        self._census.start()
        await self.backplane.start()
        self._peers.start()

    async def close(self) -> None:
        """End all sessions with 1012, give their handlers `close_timeout` to finish, disconnect the backplane."""
        if not self._open:
            await self._until_told()
        self._open = False
        self._carrier.close()
        self._neighbours.close()
        self._census.close()
        self._peers.close()
        for connection in self._sessions:
            connection.shut_down()
        self._sessions.stop()
        self._overlaps.close()
        if self.tasks:
            _, late = await asyncio.wait(set(self.tasks), timeout=self.options.close_timeout)
            if late:
                _log.warning("%d handlers did not finish in %g s: cancelled", len(late), self.options.close_timeout)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.backplane.close()

    def drain(self) -> None:
        """End the sessions that poll, each by its next poll, and open none any more: this process is going.

        A web server waits for open requests before it ends the lifespan, so a poll that waits would hold it up for as
        long as `ping_interval`. A worker of chorus.cluster calls it, and uvicorn does when it closes the first
        WebSocket; elsewhere call it yourself.
        """
        self._open = False
        self._carrier.drain()
        for connection in [each for each in self._sessions if each.sid in self._polls]:
            self._polls[connection.sid].end_by_poll(connection.shut_down)

    async def _until_told(self) -> None:
        """Wait a moment for the sessions that are to end by their next poll."""
        if self._polls:
            with suppress(TimeoutError):  # whoever does not ask by now is gone, or finds out
                await asyncio.wait_for(self._nobody_polls.wait(), _TOLD_WITHIN)

    # Sessions

    def admit(self, request: Request) -> Driver:
        """Make a session for an upgrade request, or let it take over a session that polls.

        Raises:
            Refusal: it is not for us, or malformed, or from a foreign origin, or we are going.
        """
        sid = check_upgrade(request, path=self.path, allowed_origins=self._allowed_origins)
        if sid is not None:
            wire = self._polls.get(sid)
            driver = Upgrade(wire, self.options) if wire is not None else self._neighbours.claim(sid, request.remote)
            if driver is None:
                raise refusal(Code.UNKNOWN_SID)
            return driver
        self._check_open()
        return self.new_connection(request)

    def check_polling(self, request: Request) -> str | None:
        """Pass a request of long polling: the sid it names, or None when it opens a session.

        Raises:
            Refusal: it is not for us, or malformed, or from a foreign origin.
        """
        return check_polling(request, path=self.path, allowed_origins=self._allowed_origins)

    def open_polling(self, request: Request) -> tuple[PollingWire, tuple[tuple[str, str], ...]]:
        """Make a session for a request of long polling; its wire, and headers for the answer.

        Raises:
            Refusal: we are going.
        """
        self._check_open()
        connection = self.new_connection(request)
        wire = PollingWire(connection, self.options)
        connection.opened(wire)
        self._polls[connection.sid] = wire
        self._nobody_polls.clear()
        return wire, connection.headers

    def allows(self, request: Request) -> bool:
        """Whether the page that a request comes from may connect."""
        headers = request.headers
        return is_ours(headers.get("origin"), headers.get("host"), self._allowed_origins)

    def allows_all_origins(self) -> bool:
        """Whether any page may connect."""
        allowed = self._allowed_origins
        return not (allowed is None or callable(allowed)) and "*" in allowed

    def new_connection(self, request: Request) -> Connection:
        """Make what speaks the protocol above Engine.IO in a session."""
        return Connection(self, request)

    def add(self, connection: Connection) -> None:
        """Look after its deadlines from now on."""
        self._sessions.add(connection)

    def remove(self, connection: Connection) -> None:
        """It is over."""
        self._sessions.remove(connection)
        if self._polls.pop(connection.sid, None) is not None and not self._polls:
            self._nobody_polls.set()

    @property
    def going(self) -> bool:
        """Whether it opens and takes no sessions any more."""
        return not self._open

    @property
    def luggage(self) -> list[tuple[str, list[str]]]:
        """Names of namespaces, each with the names of the parts that give something along when a client moves."""
        return [(each.name, each.declared.luggage.names) for each in self._namespaces.declarations]

    def begin_overlap(self) -> dict[str, Listening]:
        """Remember for some time what rooms bring, as sessions are about to move; what each namespace listens to."""
        return self._overlaps.begin()

    def listen_ahead(self, there: dict[str, Listening]) -> None:
        """Listen for some time to what the process listens to from which sessions are about to come."""
        self._overlaps.listen_ahead(there)

    def crossings(self, connection: Connection) -> dict[str, Crossing]:
        """What the clients of this session are told by, by namespace."""
        return {client.namespace: client.crossing() for client in connection.clients}

    def watch(self, crossings: Mapping[str, Crossing]) -> Callable[[], None]:
        """Hear and remember that, as a session is about to move, until what is returned is called."""
        return self._overlaps.watch(crossings)

    def flush(self) -> None:
        """Write now what waits for the end of the tick."""
        self._fan_out.flush()

    def find_namespace(self, name: str) -> Namespace | None:
        """The namespace of this name, if it was made or one of a pattern."""
        return self._namespaces.find(name)

    def _make_namespace(self, name: str, declared: Declared) -> Namespace:
        hub = Hub[Client](name, self.instance, self._fan_out, self.backplane)
        assembly = Assembly(name, self.instance, hub, self._peers, declared.listeners)
        return Namespace(name, hub, assembly, declared)

    def new_sid(self) -> str:
        """An id that nobody can guess and that names this instance."""
        return f"{self.instance}.{secrets.token_urlsafe(16)}"

    def _check_open(self) -> None:
        if not self._open:
            raise Refusal(503, b"Service Unavailable", "text/plain; charset=utf-8")

    @staticmethod
    def _call_soon(callback: Any) -> None:
        asyncio.get_running_loop().call_soon(callback)

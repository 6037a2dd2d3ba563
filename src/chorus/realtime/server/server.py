"""The server: sessions of one instance, its namespaces, one timer for all deadlines.

    server = Server()
    chat = server.namespace("/")

    @chat.on("echo")
    async def echo(client, *args):
        client.emit("echo", *args)

    uvicorn.run(server.asgi, ws=server.websocket_protocol)

`asgi` starts and closes the server with uvicorn's lifespan. Beside another application, mount it at the path, set that
application's `websocket_protocol` (chorus.cluster's worker looks there) and call `start` and `close` yourself.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Collection
from typing import Any

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.backplane.memory import MemoryBackplane
from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.engineio.wheel import Wheel
from chorus.realtime.errors import UsageError
from chorus.realtime.server.client import Client
from chorus.realtime.server.connection import Connection
from chorus.realtime.server.fanout import FanOut
from chorus.realtime.server.http import HttpEnd
from chorus.realtime.server.hub import Hub
from chorus.realtime.server.namespace import Namespace
from chorus.realtime.transport.contract import Refusal
from chorus.realtime.transport.handshake import check_upgrade
from chorus.realtime.transport.request import Request
from chorus.realtime.transport.websocket import WebSocketProtocol

_log = logging.getLogger(__name__)
_LONGEST_SLOT = 1.0
"""Seconds by which a ping may be late, at most; a tenth of the shortest time of the options otherwise."""


class Server:
    """Args:
    instance: tells this instance from the others; sids begin with it.
    backplane: joins the instances; `start` and `close` do the same to it. None: this instance is alone.
    allowed_origins: origins whose pages may connect; "*" for all. None: those of the same host.
    path: where clients find it.
    """

    def __init__(
        self,
        *,
        instance: str = "0",
        backplane: Backplane | None = None,
        options: EngineOptions | None = None,
        allowed_origins: Collection[str] | None = None,
        path: str = "/socket.io/",
    ) -> None:
        self.instance = instance
        self.backplane = backplane if backplane is not None else MemoryBackplane()
        self.options = options if options is not None else EngineOptions()
        self.tasks: set[asyncio.Task[None]] = set()
        """Handlers that run."""

        self.congested: set[Connection] = set()
        """Sessions whose outbox is above the high mark."""

        self.now = time.monotonic
        self.asgi = HttpEnd(self)
        self._path = path
        self._allowed_origins = [allowed_origins] if isinstance(allowed_origins, str) else allowed_origins
        self._namespaces: dict[str, Namespace] = {}
        self._connections: set[Connection] = set()
        self._fan_out = FanOut[Client](self._call_soon, self._look_at_outboxes)
        least = min(self.options.ping_interval, self.options.ping_timeout, self.options.connect_timeout)
        self._wheel = Wheel[Connection](slot=min(_LONGEST_SLOT, least / 10))
        self._turn: asyncio.TimerHandle | None = None
        self._open = True

    def __len__(self) -> int:
        """Sessions of this instance."""
        return len(self._connections)

    def namespace(self, name: str = "/") -> Namespace:
        """The namespace of this name; made at the first call.

        Raises:
            UsageError: the name does not begin with a slash, or holds a comma.
        """
        if not name.startswith("/") or "," in name:
            raise UsageError(f"namespace {name!r}: expected a name like /chat, without commas")
        namespace = self._namespaces.get(name)
        if namespace is None:
            hub = Hub[Client](name, self.instance, self._fan_out, self.backplane)
            namespace = self._namespaces[name] = Namespace(name, hub)
        return namespace

    def websocket_protocol(self, config: object, server_state: Any, app_state: object) -> WebSocketProtocol:
        """Serve one upgrade request: uvicorn's `ws=`."""
        return WebSocketProtocol(self, self.options, server_state.connections)

    async def start(self) -> None:
        """Connect the backplane.

        Raises:
            BackplaneUnavailable: it cannot be reached.
        """
        await self.backplane.start()

    async def close(self) -> None:
        """End all sessions with 1012, give their handlers `close_timeout` to finish, disconnect the backplane."""
        self._open = False
        for connection in list(self._connections):
            connection.shut_down()
        if self._turn is not None:
            self._turn.cancel()
        if self.tasks:
            _, late = await asyncio.wait(set(self.tasks), timeout=self.options.close_timeout)
            if late:
                _log.warning("%d handlers did not finish in %g s: cancelled", len(late), self.options.close_timeout)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.backplane.close()

    # Sessions

    def admit(self, request: Request) -> Connection:
        """Make a session for an upgrade request.

        Raises:
            Refusal: it is not for us, or malformed, or from a foreign origin, or we are going.
        """
        check_upgrade(request, path=self._path, allowed_origins=self._allowed_origins)
        if not self._open:
            raise Refusal(503, b"Service Unavailable", "text/plain; charset=utf-8")
        return Connection(self, request)

    def add(self, connection: Connection) -> None:
        """Look after its deadlines from now on."""
        self._connections.add(connection)
        connection.place = self._wheel.put(connection, at=connection.look_again_at)
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_later(self._wheel.slot, self._turn_wheel)

    def remove(self, connection: Connection) -> None:
        """It is over."""
        self._connections.discard(connection)
        self._wheel.remove(connection, connection.place)
        self.congested.discard(connection)

    def find_namespace(self, name: str) -> Namespace | None:
        """The namespace of this name, if it was made."""
        return self._namespaces.get(name)

    def new_sid(self) -> str:
        """An id that nobody can guess and that names this instance."""
        return f"{self.instance}.{secrets.token_urlsafe(16)}"

    # Time and ticks

    def _turn_wheel(self) -> None:
        now = self.now()
        for connection in self._wheel.take(now=now):
            at = connection.look(now=now)
            if at is not None:
                connection.place = self._wheel.put(connection, at=at)
        self._look_at_outboxes()
        self._turn = (
            asyncio.get_running_loop().call_later(self._wheel.slot, self._turn_wheel) if self._connections else None
        )

    def _look_at_outboxes(self) -> None:
        if self.congested:
            for connection in list(self.congested):
                connection.look_at_outbox()

    @staticmethod
    def _call_soon(callback: Any) -> None:
        asyncio.get_running_loop().call_soon(callback)

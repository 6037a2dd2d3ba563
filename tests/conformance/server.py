"""The server that Engine.IO's and Socket.IO's protocol suites expect: `make conformance-server PORT=3000`.

/engine.io/   an Engine.IO server that echoes every message, text and binary
/socket.io/   namespace "/": emits `auth` with the CONNECT payload, answers `message` with `message-back`, and
              acknowledges `message-with-ack` with the same arguments; "/custom" emits `auth` only; there are no others

usage: server.py [PORT] [plain] [patient]

`plain`: WebSockets go through ASGI, as they do on any other web server. `patient`: no session ends because its client
was slow, for cases that are about other things on a machine that is busy.
"""

import sys
from collections.abc import Callable
from typing import Any

import uvicorn

from chorus.realtime import Client, EngineOptions, Server
from chorus.realtime.server.connection import Connection
from chorus.realtime.transport.contract import Driver
from chorus.realtime.transport.frames import binary_frame, text_frame
from chorus.realtime.transport.request import Request
from chorus.realtime.transport.websocket import WebSocketProtocol

TIMES = {"ping_interval": 0.3, "ping_timeout": 0.2}
PATIENT = {"ping_interval": 60.0, "ping_timeout": 60.0}
ENGINE, SOCKET = "/engine.io/", "/socket.io/"


class Echo(Connection):
    """A session without Socket.IO: what it hears it says."""

    __slots__ = ()

    def heard(self, content: str | bytes) -> None:
        """Send it back."""
        self.write(binary_frame(content) if isinstance(content, bytes) else text_frame(b"4" + content.encode()))


class EchoServer(Server):
    """Sessions that echo."""

    def new_connection(self, request: Request) -> Connection:
        """Make one."""
        return Echo(self, request)


class Conformance:
    """Both servers as one ASGI application, and as one gate for WebSockets."""

    deflater = None

    def __init__(self, times: dict[str, float]) -> None:
        # An echoing session connects to no namespace, so it is not expected to do so in time.
        self._echo = EchoServer(
            options=EngineOptions(**times, max_payload=1_000_000, connect_timeout=3600.0),
            allowed_origins=["*"],
            path=ENGINE,
        )
        self._options = EngineOptions(**times, max_payload=1_000_000, connect_timeout=1.0)
        self._sockets = Server(options=self._options, allowed_origins=["*"], path=SOCKET)
        _declare(self._sockets)

    async def __call__(self, scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Serve a request; the lifespan is that of the Socket.IO server."""
        server = self._echo if scope.get("path", "").startswith(ENGINE) else self._sockets
        await server.asgi(scope, receive, send)

    def websocket_protocol(self, config: object, server_state: Any, app_state: object) -> WebSocketProtocol:
        """Serve one upgrade request: uvicorn's `ws=`."""
        return WebSocketProtocol(self, self._options, server_state.connections)

    def drain(self) -> None:
        """The process is going."""
        self._echo.drain()
        self._sockets.drain()

    def admit(self, request: Request) -> Driver:
        """Send an upgrade request to the server it is for."""
        server = self._echo if request.path.startswith(ENGINE) else self._sockets
        return server.admit(request)


def _declare(server: Server) -> None:
    main, custom = server.namespace("/"), server.namespace("/custom")

    @main.on_connect
    @custom.on_connect
    def connect(client: Client, auth: dict[str, Any]) -> None:
        client.emit("auth", auth)

    @main.on("message")
    def message(client: Client, *arguments: Any) -> None:
        client.emit("message-back", *arguments)

    @main.on("message-with-ack")
    def message_with_ack(client: Client, *arguments: Any) -> tuple[Any, ...]:
        return arguments


if __name__ == "__main__":
    conformance = Conformance(PATIENT if "patient" in sys.argv else TIMES)
    uvicorn.run(
        conformance,
        port=int(sys.argv[1]) if len(sys.argv) > 1 else 3000,
        ws="auto" if "plain" in sys.argv else conformance.websocket_protocol,  # type: ignore[arg-type] - called as a class
        log_level="warning",
    )

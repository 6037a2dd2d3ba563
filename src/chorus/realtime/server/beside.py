"""The server and another ASGI application on one port, whatever framework that one is made with.

    api = FastAPI()
    server = Server()
    application = server.beside(api)

    # or: chorus start module:application
    uvicorn.run(application, ws=application.websocket_protocol, http=application.http_protocol)

Requests for the server's path are ours, all others the application's: its HTTP, its WebSockets and its lifespan, within
ours: we are there before it starts and until it has ended.
"""

import asyncio
import logging
from typing import Any, Protocol

from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.transport.asgi import Application, Message, Receive, Send, whole_path
from chorus.realtime.transport.door import Door
from chorus.realtime.transport.junction import Junction
from chorus.realtime.transport.request import Request

_log = logging.getLogger(__name__)


class Neighbour(Protocol):
    """What is needed of the server."""

    path: str
    options: EngineOptions

    @property
    def asgi(self) -> Application:
        """Serves what is for it."""
        ...

    @property
    def hand_over(self) -> object:
        """Hands live WebSockets to another process, and takes them."""
        ...

    def websocket_protocol(self, config: object, server_state: Any, app_state: object) -> asyncio.BaseProtocol:
        """Serve an upgrade."""
        ...

    async def start(self) -> None:
        """Called before the application starts."""
        ...

    async def close(self) -> None:
        """Called when it has ended."""
        ...


class Beside:
    """ASGI 3, with the `websocket_protocol` that uvicorn's `ws=` and the workers of chorus.cluster take."""

    def __init__(self, server: Neighbour, application: Application) -> None:
        self._server = server
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a scope."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._is_ours(whole_path(scope)):
            await self._server.asgi(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    def websocket_protocol(self, config: Any, server_state: Any, app_state: Any) -> asyncio.BaseProtocol:
        """Serve one upgrade request, or have uvicorn's own protocol bring it to the application."""

        def choose(request: Request) -> asyncio.BaseProtocol | None:
            if self._is_ours(request.path):
                return self._server.websocket_protocol(config, server_state, app_state)
            if AutoWebSocketsProtocol is None:
                _log.warning(
                    "%s: a WebSocket of the application, and neither websockets nor wsproto is installed", request.path
                )
                return None
            return AutoWebSocketsProtocol(config=config, server_state=server_state, app_state=app_state)

        return Junction(choose)

    def http_protocol(
        self, config: Any, server_state: Any, app_state: Any, _loop: object = None
    ) -> asyncio.BaseProtocol:
        """Serve a connection: uvicorn's `http=`, beside `ws=`; see `Server.http_protocol`."""
        patience = self._server.options.connect_timeout
        return Door(patience, AutoHTTPProtocol, self.websocket_protocol, config, server_state, app_state)

    @property
    def hand_over(self) -> object:
        """For the workers of chorus.cluster: our WebSockets go on in another process; the application's are closed."""
        return self._server.hand_over

    def _is_ours(self, path: str) -> bool:
        return path.rstrip("/") == self._server.path.rstrip("/")

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        startup = await receive()
        try:
            await self._server.start()
        except Exception as error:  # noqa: BLE001 - ASGI's way to say why there is no start, in a line
            _log.debug("the server did not start", exc_info=True)
            await send({"type": "lifespan.startup.failed", "message": str(error) or repr(error)})
            return
        theirs = _Lifespan(startup, receive, send)
        try:
            await self._application(scope, theirs.receive, theirs.send)
        except Exception as error:
            if theirs.answered:
                raise
            _log.debug("the application has no lifespan: %r", error)  # and says so by raising, as ASGI has it
        finally:
            if theirs.answered:
                await self._server.close()
                await theirs.finish()
        if not theirs.answered:
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._server.close()
            await send({"type": "lifespan.shutdown.complete"})


class _Lifespan:
    """The application's end of it; its last word is kept until ours can follow."""

    def __init__(self, startup: Message, receive: Receive, send: Send) -> None:
        self.answered = False
        self._startup: Message | None = startup
        self._receive = receive
        self._send = send
        self._last: Message | None = None

    async def receive(self) -> Message:
        startup, self._startup = self._startup, None
        return startup if startup is not None else await self._receive()

    async def send(self, message: Message) -> None:
        self.answered = True
        if message["type"] == "lifespan.startup.complete":
            await self._send(message)
        else:
            self._last = message

    async def finish(self) -> None:
        if self._last is not None:
            await self._send(self._last)

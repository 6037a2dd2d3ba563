"""The server as an ASGI application: what comes by HTTP, and uvicorn's lifespan.

WebSockets do not come here: `Server.websocket_protocol` takes them before ASGI.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from chorus.realtime.transport.handshake import Code, refusal

Message = MutableMapping[str, Any]


class Lifetime(Protocol):
    """What is started and closed."""

    async def start(self) -> None:
        """Called before the first request."""
        ...

    async def close(self) -> None:
        """Called after the last one."""
        ...


class HttpEnd:
    """ASGI 3. Long polling is not offered: such a request gets Engine.IO's "Transport unknown"."""

    def __init__(self, server: Lifetime) -> None:
        self._server = server

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        match scope["type"]:
            case "http":
                await self._answer(send)
            case "lifespan":
                await self._live(receive, send)
            case _:
                await receive()
                await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, send: Callable[[Message], Awaitable[None]]) -> None:
        answer = refusal(Code.UNKNOWN_TRANSPORT)
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(len(answer.body)).encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _live(
        self, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        while True:
            match (await receive())["type"]:
                case "lifespan.startup":
                    try:
                        await self._server.start()
                    except Exception as error:  # noqa: BLE001 - ASGI's way to say why there is no start
                        await send({"type": "lifespan.startup.failed", "message": str(error)})
                        return
                    await send({"type": "lifespan.startup.complete"})
                case _:
                    await self._server.close()
                    await send({"type": "lifespan.shutdown.complete"})
                    return

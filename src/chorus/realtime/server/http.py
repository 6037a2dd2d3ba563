"""The server as an ASGI application: long polling, WebSockets, and the server's lifespan.

On uvicorn WebSockets had better not come here: given `Server.websocket_protocol`, it hands them over before ASGI, which
takes a third of the processor time. On any other server they do come here.
"""

import asyncio
import gzip
import logging
from collections.abc import Awaitable
from typing import Any, Protocol

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.server.carrier import Carrier, Kind
from chorus.realtime.transport.asgi import Headers, Message, Receive, Send, header_fields, request_of
from chorus.realtime.transport.asgi_websocket import serve
from chorus.realtime.transport.contract import Gate, Refusal
from chorus.realtime.transport.polling import Answer, PollingWire
from chorus.realtime.transport.request import Request

_log = logging.getLogger(__name__)

_PREFLIGHT_SECONDS = 600

_LATE = Answer(408, b"Request Timeout")
"""To a body that did not come whole while its session could live without it."""


class House(Gate, Protocol):
    """What is needed of the server."""

    options: EngineOptions

    @property
    def hand_over(self) -> object:
        """Hands live WebSockets to another process, and takes them."""
        ...

    def websocket_protocol(self, config: object, server_state: Any, app_state: object) -> asyncio.BaseProtocol:
        """Serve an upgrade before ASGI."""
        ...

    async def start(self) -> None:
        """Called before the first request."""
        ...

    async def close(self) -> None:
        """Called after the last one."""
        ...

    def check_polling(self, request: Request) -> str | None:
        """Pass a request: the sid it names."""
        ...

    def open_polling(self, request: Request) -> tuple[PollingWire, tuple[tuple[str, str], ...]]:
        """Make a session; its wire, and headers for the answer."""
        ...

    def allows_all_origins(self) -> bool:
        """Whether any page may connect."""
        ...

    def allows(self, request: Request) -> bool:
        """Whether the page that a request comes from may connect."""
        ...


class HttpEnd:
    """ASGI 3."""

    def __init__(self, server: House, carrier: Carrier) -> None:
        self._server = server
        self._carrier = carrier

    def websocket_protocol(self, config: object, server_state: Any, app_state: object) -> asyncio.BaseProtocol:
        """The server's; here, too, because a worker of chorus.cluster looks for it at its application."""
        return self._server.websocket_protocol(config, server_state, app_state)

    @property
    def hand_over(self) -> object:
        """The server's, likewise."""
        return self._server.hand_over

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        match scope["type"]:
            case "http":
                one = scope.get("http_version", "1.1").startswith("1")
                await self._serve(request_of(scope), receive, send, http_1=one)
            case "websocket":
                await serve(self._server, self._server.options, scope, receive, send)
            case "lifespan":
                await self._live(receive, send)
            case kind:
                raise ValueError(f"ASGI scope: found {kind!r}, expected http, websocket or lifespan")

    async def _serve(self, request: Request, receive: Receive, send: Send, *, http_1: bool) -> None:
        """Args: http_1: whether it is HTTP/1, which alone has the field Connection."""
        headers = self._cors(request)
        if request.method == "OPTIONS":
            await _send(send, Answer(204, b""), [*headers, *_preflight(request)] if headers else [])
            return
        answer = await self._answer(request, receive, headers)
        if answer is not None:
            if answer is _LATE and http_1:
                headers.append((b"connection", b"close"))  # or it may go on to send what nobody waits for
            await _send(send, self._compress(answer, request, headers), headers)

    def _compress(self, answer: Answer, request: Request, headers: Headers) -> Answer:
        """The answer, compressed when that is wanted on both sides; adds to its `headers`."""
        compression = self._server.options.compression
        if compression is None or len(answer.body) < compression.threshold:
            return answer
        headers.append((b"vary", b"Accept-Encoding"))
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return answer
        headers.append((b"content-encoding", b"gzip"))
        return Answer(answer.status, gzip.compress(answer.body, compression.level), answer.content_type)

    async def _answer(self, request: Request, receive: Receive, headers: Headers) -> Answer | None:
        """The answer, or None when the client has left; adds to its `headers`."""
        try:
            sid = self._server.check_polling(request)
            if sid is None:
                wire, more = self._server.open_polling(request)
                headers += header_fields(more)
                return await wire.poll()
        except Refusal as refused:
            return Answer(refused.status, refused.body, refused.content_type)
        if request.method == "GET":
            return await _while_connected(self._carrier.bring(sid, Kind.POLL), receive)
        options = self._server.options
        try:
            async with asyncio.timeout(options.ping_interval + options.ping_timeout):  # while it comes, no pong can
                body = await _body(request, receive, most=options.max_payload)
        except TimeoutError:
            return _LATE
        except _TooLarge:
            return await self._carrier.bring(sid, Kind.TOO_LARGE)
        return await self._carrier.bring(sid, Kind.POST, body) if body is not None else None

    def _cors(self, request: Request) -> Headers:
        """What tells a browser that the page of another origin may read the answer."""
        origin = request.headers.get("origin")
        if origin is None or not self._server.allows(request):
            return []
        if self._server.allows_all_origins():
            return [(b"access-control-allow-origin", b"*")]
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
        ]

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            match (await receive())["type"]:
                case "lifespan.startup":
                    try:
                        await self._server.start()
                    except Exception as error:  # noqa: BLE001 - ASGI's way to say why there is no start, in a line
                        _log.debug("the server did not start", exc_info=True)
                        await send({"type": "lifespan.startup.failed", "message": str(error) or repr(error)})
                        return
                    await send({"type": "lifespan.startup.complete"})
                case _:
                    await self._server.close()
                    await send({"type": "lifespan.shutdown.complete"})
                    return


class _TooLarge(Exception):
    """More bytes in a body than allowed."""


def _preflight(request: Request) -> Headers:
    asked = request.headers.get("access-control-request-headers", "content-type")
    return [
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", asked.encode("latin-1")),
        (b"access-control-max-age", str(_PREFLIGHT_SECONDS).encode()),
    ]


async def _body(request: Request, receive: Receive, *, most: int) -> bytes | None:
    """The whole body; None when the client left before it was whole.

    Raises:
        _TooLarge: there is more than `most`; the rest is not read.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise _TooLarge
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _TooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _while_connected(answer: Awaitable[Answer], receive: Receive) -> Answer | None:
    """Wait for an answer, but no longer than its client does."""
    answering = asyncio.ensure_future(answer)
    leaving = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        return answering.result() if answering.done() else None
    finally:
        for task in (answering, leaving):
            task.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, answer: Answer, headers: Headers) -> None:
    fields = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": fields})
    await send({"type": "http.response.body", "body": answer.body})

"""WebSockets on the port that uvicorn serves: its `ws=` class, a thin layer over picows; frames never pass ASGI.

uvicorn has read the upgrade request before it makes a protocol of this class, and hands its head over in one piece.
We look at it first, answer what is not ours as HTTP, and give picows a head with nothing in it but the key: it would
keep a dict of all headers for the life of the socket, and it refuses `Connection: keep-alive, Upgrade`, which Firefox
sends. From the handshake on the WebSocket is a wire (websocket_wire.py).
"""

import asyncio
from http import HTTPStatus
from typing import Any, cast

from picows import WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType] - not in its stubs

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.transport.contract import Driver, Gate, Refusal
from chorus.realtime.transport.deflate import agree
from chorus.realtime.transport.picows_stream import PicowsStream, quiet_log
from chorus.realtime.transport.request import Request
from chorus.realtime.transport.websocket_wire import WebSocketWire

_READ_BUFFER = 2048
"""Bytes; picows takes no less, and grows it as a client's messages ask for."""


class WebSocketProtocol(WSProtocol):  # pyright: ignore[reportUntypedBaseClass] - see the import
    """What uvicorn makes for an upgrade request; its `connections` know it until it is gone."""

    def __init__(self, gate: Gate, options: EngineOptions, connections: set[Any]) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            None,  # host_port
            None,  # ws_path
            False,  # is_client_side
            self._listen,
            quiet_log,
            True,  # disconnect_on_exception
            None,  # for the handshake: its head is here already
            False,  # enable_auto_ping: the server has one timer for all
            1,  # auto_ping_idle_timeout
            1,  # auto_ping_reply_timeout
            1,  # auto_ping_strategy
            True,  # enable_auto_pong
            options.max_payload,
            None,  # extra_headers
            _READ_BUFFER,
        )
        self._gate = gate
        self._options = options
        self._connections = connections
        self._stream: asyncio.Transport
        self._driver: Driver
        self._wire: WebSocketWire | None = None
        self._extensions: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the connection of an upgrade request."""
        self._stream = cast("asyncio.Transport", transport)
        self._connections.add(self)
        super().connection_made(PicowsStream(transport))  # pyright: ignore[reportUnknownMemberType]

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._connections.discard(self)
        super().connection_lost(exc)  # pyright: ignore[reportUnknownMemberType]

    def data_received(self, data: bytes) -> None:
        """Take the head of the upgrade request; called once, by uvicorn. What follows is read by picows itself."""
        try:
            request = Request.parse(data, _address(self._stream))
            self._driver = self._gate.admit(request)
            if self._gate.deflater is not None:
                self._extensions = agree(request.header("sec-websocket-extensions") or "")
        except ValueError:
            self._refuse(Refusal(400, b"Bad Request", "text/plain; charset=utf-8"))
        except Refusal as answer:
            self._refuse(answer)
        else:
            self._feed(_bare_head(request))

    def shutdown(self) -> None:
        """End the session, as the server is going: clients connect again, elsewhere."""
        self._gate.drain()
        if self._wire is None:
            self._stream.close()
        else:
            self._wire.shut_down()

    @property
    def wire(self) -> WebSocketWire | None:
        """The open WebSocket, once it is one."""
        return self._wire

    def _listen(self, _request: object) -> WSUpgradeResponseWithListener:
        self._wire = WebSocketWire(self._driver, self._options, self._gate.deflater if self._extensions else None)
        headers = self._driver.headers
        if self._extensions:
            headers = (*headers, ("Sec-WebSocket-Extensions", self._extensions))
        response = WSUpgradeResponse.create_101_response(headers)
        return WSUpgradeResponseWithListener(response, self._wire)

    def _feed(self, data: bytes) -> None:
        while data:
            buffer = cast("memoryview", self.get_buffer(len(data)))  # pyright: ignore[reportUnknownMemberType]
            part = data[: len(buffer)]
            buffer[: len(part)] = part
            self.buffer_updated(len(part))  # pyright: ignore[reportUnknownMemberType]
            data = data[len(part) :]

    def _refuse(self, answer: Refusal) -> None:
        status = HTTPStatus(answer.status)
        self._stream.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {answer.content_type}\r\n"
            f"Content-Length: {len(answer.body)}\r\nConnection: close\r\n\r\n".encode("latin-1")
            + answer.body
        )
        self._stream.close()


def _bare_head(request: Request) -> bytes:
    """The head that picows needs. A request without a key gets picows' own 400."""
    key, version = (request.header(name) or "" for name in ("sec-websocket-key", "sec-websocket-version"))
    return (
        f"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode("latin-1")


def _address(stream: asyncio.BaseTransport) -> str:
    peer = stream.get_extra_info("peername")
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else ""

"""A WebSocket that another process opened, and that goes on here; its peer sees nothing of it.

picows knows how to begin with a handshake only. So it is given one that nobody sent, and its answer goes nowhere.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from picows import WSTransport, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType] - not in its stubs

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.transport.contract import Driver, Gate
from chorus.realtime.transport.picows_stream import PicowsStream
from chorus.realtime.transport.websocket import WebSocketProtocol
from chorus.realtime.transport.websocket_wire import NOBODY, WebSocketWire

_HANDSHAKE = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
"""What picows is told; its client had its own."""


class ResumedWebSocket(WebSocketProtocol):
    """The protocol of a WebSocket that another process opened: picows is told of a handshake that nobody sees.

    Args:
        arrive: given the wire before anything is read from it; the driver of its session.
    """

    def __init__(
        self, gate: Gate, options: EngineOptions, connections: set[Any], arrive: Callable[[WebSocketWire], Driver]
    ) -> None:
        super().__init__(gate, options, connections)
        self._arrive = arrive

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Go on with the connection."""
        self._stream = cast("asyncio.Transport", transport)
        self._connections.add(self)
        WSProtocol.connection_made(self, PicowsStream(transport))  # pyright: ignore[reportUnknownMemberType]
        self._feed(_HANDSHAKE)

    def _listen(self, _request: object) -> WSUpgradeResponseWithListener:
        self._wire = _ResumedWire(self._arrive, self._options)
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(), self._wire)


class _ResumedWire(WebSocketWire):
    """A wire whose session is there already."""

    def __init__(self, arrive: Callable[[WebSocketWire], Driver], options: EngineOptions) -> None:
        super().__init__(NOBODY, options)
        self._arrive = arrive

    def on_ws_connected(self, transport: WSTransport) -> None:
        stream = cast("PicowsStream", transport.underlying_transport)
        stream.take_answer()  # its client had another one, long ago
        self._begin(transport, stream.real)
        self.drive(self._arrive(self))

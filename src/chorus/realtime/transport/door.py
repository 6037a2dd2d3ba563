"""The first protocol of a connection on uvicorn: upgrade requests go to the WebSocket at once, everything else to HTTP.

    uvicorn.run(server.asgi, http=server.http_protocol, ws=server.websocket_protocol)

uvicorn makes its HTTP protocol, with a parser, for each connection, parses the head, puts it together again and hands
it over: a quarter of what an arrival costs. Here the first head decides. One that anything else follows, or that is
none, is left to uvicorn: it will come to the same end. One that is not whole in time is answered 408, for uvicorn would
wait for ever; so it does for later heads of the connection, after their first bytes.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

_END = b"\r\n\r\n"
_LONGEST = 65_536
"""Bytes of a head that are waited for; what has no end by then is left to uvicorn."""

_LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
"""RFC 9110, section 15.5.9."""

Factory = Callable[..., Any]
"""Makes a protocol as uvicorn does: with `config`, `server_state` and `app_state`."""


class Door(asyncio.Protocol):
    """Of one connection, until its first head is there.

    Args:
        patience: seconds that may take.
        http: makes the protocol for everything that is no upgrade.
        websocket: makes the one for an upgrade.
    """

    __slots__ = ("_arguments", "_connections", "_head", "_http", "_patience", "_timer", "_transport", "_websocket")

    def __init__(
        self,
        patience: float,
        http: Factory,
        websocket: Factory,
        config: object,
        server_state: Any,
        app_state: object,
    ) -> None:
        self._patience = patience
        self._http = http
        self._websocket = websocket
        self._arguments = config, server_state, app_state
        self._connections: set[Any] = server_state.connections
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle
        self._head: bytearray | None = None
        """What came of a head that is not whole."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first head."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        self._timer = asyncio.get_running_loop().call_later(self._patience, self._refuse)

    def data_received(self, data: bytes) -> None:
        """Step aside for the protocol that the head asks for, as soon as it is there."""
        if self._head is not None or _END not in data:
            whole = self._gather(data)
            if whole is None:
                return
            data = whole
        self._timer.cancel()
        self._connections.discard(self)
        protocol = (self._websocket if is_upgrade(data) else self._http)(*self._arguments)
        protocol.connection_made(self._transport)
        self._transport.set_protocol(protocol)
        protocol.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """It said nothing, or not all."""
        self._timer.cancel()
        self._connections.discard(self)

    def shutdown(self) -> None:
        """The server ends, and nothing is under way here."""
        self._transport.close()

    def _gather(self, data: bytes) -> bytes | None:
        """All that came, when that is a head, or will be none; None: there is more to come."""
        head = self._head = self._head if self._head is not None else bytearray()
        seen = len(head)
        head += data
        whole = head.find(_END, max(0, seen + 1 - len(_END))) >= 0
        return bytes(head) if whole or len(head) > _LONGEST or not head[:1].isupper() else None

    def _refuse(self) -> None:
        if self._head is not None:
            self._transport.write(_LATE)
        self._transport.close()


def is_upgrade(data: bytes) -> bool:
    """Whether this is the whole head of a request for a WebSocket, and nothing else."""
    if not data.startswith(b"GET ") or data.find(b"\r\n\r\n") != len(data) - 4:
        return False
    head = data.lower()
    at = head.find(b"\r\nconnection:")
    return (
        at > 0
        and b"upgrade" in head[at : head.find(b"\r\n", at + 2)]
        and b"\r\nupgrade: websocket\r\n" in head
        and b"\r\ncontent-length:" not in head
        and b"\r\ntransfer-encoding:" not in head
    )

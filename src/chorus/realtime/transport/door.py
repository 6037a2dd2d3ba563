"""The first protocol of a connection on uvicorn: upgrade requests go to the WebSocket at once, everything else to HTTP.

    uvicorn.run(server.asgi, http=server.http_protocol, ws=server.websocket_protocol)

uvicorn makes its HTTP protocol, with a parser, for each connection, parses the head, puts it together again and hands
it over: a quarter of what an arrival costs. Here the first bytes decide. A head that is not there as a whole, or that
anything else follows, is left to uvicorn: it will come to the same end.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

Factory = Callable[..., Any]
"""Makes a protocol as uvicorn does: with `config`, `server_state` and `app_state`."""


class Door(asyncio.Protocol):
    """Of one connection, until its first bytes come.

    Args:
        http: makes the protocol for everything that is no upgrade.
        websocket: makes the one for an upgrade.
    """

    __slots__ = ("_arguments", "_connections", "_http", "_transport", "_websocket")

    def __init__(self, http: Factory, websocket: Factory, config: object, server_state: Any, app_state: object) -> None:
        self._http = http
        self._websocket = websocket
        self._arguments = config, server_state, app_state
        self._connections: set[Any] = server_state.connections
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first bytes."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Step aside for the protocol that these bytes ask for."""
        self._connections.discard(self)
        protocol = (self._websocket if is_upgrade(data) else self._http)(*self._arguments)
        protocol.connection_made(self._transport)
        self._transport.set_protocol(protocol)
        protocol.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """It said nothing."""
        self._connections.discard(self)

    def shutdown(self) -> None:
        """The server ends, and nothing is under way here."""
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

"""Where upgrade requests part: to the protocol that serves their path, which then owns the connection.

uvicorn makes a protocol, connects it, hands it the head of the request in one piece, and sets it as the protocol of the
transport. So the choice falls when the head is there, and the chosen one is set once uvicorn has set us.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from chorus.realtime.transport.request import Request

_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Junction(asyncio.Protocol):
    """Of one connection, for the moment of its choice.

    Args:
        choose: the protocol for a request; None: there is none, and the answer is 404.
    """

    def __init__(self, choose: Callable[[Request], asyncio.BaseProtocol | None]) -> None:
        self._choose = choose
        self._transport: asyncio.Transport
        self._chosen: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the head."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Choose by the head, and let the chosen one have it."""
        try:
            self._chosen = self._choose(Request.parse(data))
        except ValueError:  # no request line; uvicorn would not have got here
            self._chosen = None
        if self._chosen is None:
            self._transport.write(_NOT_FOUND)
            self._transport.close()
            return
        self._chosen.connection_made(self._transport)
        self._transport.pause_reading()  # so that nothing comes to us that is another's
        self._chosen.data_received(data)
        asyncio.get_running_loop().call_soon(self._step_aside)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone before its protocol was set."""
        if self._chosen is not None:
            self._chosen.connection_lost(exc)

    def _step_aside(self) -> None:
        if not self._transport.is_closing():
            self._transport.set_protocol(self._chosen)
            self._transport.resume_reading()

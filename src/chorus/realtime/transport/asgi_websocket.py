"""WebSockets that an ASGI server brings: on any server, at the price of a task and a queue for each of them.

    await serve(gate, options, scope, receive, send)      # from connect to disconnect

What a session writes are frames, as for any wire. They wait here until the server has taken what came before, so the
bound of the outbox holds; each goes out as the messages it consists of. The server itself answers pings, checks UTF-8,
compresses and closes; how large a message it reads before we see it is its own setting.
"""

import asyncio
import logging
from collections import deque

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.transport.asgi import Message, Receive, Send, header_fields, request_of
from chorus.realtime.transport.contract import Driver, Gate, Refusal
from chorus.realtime.transport.frames import split

_log = logging.getLogger(__name__)
_GOING_AWAY = 1001


async def serve(gate: Gate, options: EngineOptions, scope: Message, receive: Receive, send: Send) -> None:
    """Serve one WebSocket, to its end."""
    await receive()  # websocket.connect
    try:
        driver = gate.admit(request_of(scope))
    except Refusal as refused:
        await _refuse(refused, scope, send)
        return
    await send({"type": "websocket.accept", "headers": header_fields(driver.headers)})
    await AsgiWire(driver, options, receive, send).run()


class AsgiWire:
    """One open WebSocket: a Wire for its driver."""

    upgrades: tuple[str, ...] = ()

    def __init__(self, driver: Driver, options: EngineOptions, receive: Receive, send: Send) -> None:
        self._driver = driver
        self._options = options
        self._receive = receive
        self._send = send
        self._out: deque[bytes] = deque()
        self._waiting = 0
        self._congested = False
        self._news = asyncio.Event()
        self._readable = asyncio.Event()
        self._readable.set()
        self._farewell: tuple[int, str] | None = None
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Carry the session until one side ends it."""
        self._driver.opened(self)
        tasks = [asyncio.ensure_future(work) for work in (self._read(), self._write(), self._over.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for failure in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(failure, Exception):
                    _log.debug("a WebSocket ended: %r", failure)  # servers have no common name for a peer that is gone
            self._driver.lost("transport close")
        if self._over.is_set():
            await self._say_goodbye(_GOING_AWAY, "")

    # What the driver calls

    def drive(self, driver: Driver) -> None:
        """Tell another one from now on: the session that was upgraded to this WebSocket."""
        self._driver = driver

    def greet(self, data: bytes, /) -> None:
        """Send the first bytes of all; the server has answered the handshake."""
        self.write(data)

    def write(self, data: bytes, /) -> None:
        """Send the bytes of a Frame, behind those that wait."""
        if self._farewell is not None:
            return
        self._out.append(data)
        self._waiting += len(data)
        self._news.set()
        if self._waiting > self._options.outbox.high_mark and not self._congested:
            self._congested = True
            self._driver.congested()

    def waiting(self) -> int:
        """Bytes that the server did not take yet."""
        return self._waiting

    def pause_reading(self) -> None:
        """Let the peer wait, once the server's own queue is full."""
        self._readable.clear()

    def resume_reading(self) -> None:
        """End that."""
        self._readable.set()

    def close(self, code: int, reason: str) -> None:
        """Send what waits, then the close frame, within the close timeout."""
        if self._farewell is None:
            self._farewell = code, reason
            self._news.set()
            asyncio.get_running_loop().call_later(self._options.close_timeout, self._over.set)

    def abort(self) -> None:
        """Drop what waits and end. Bytes that the server holds already are its own business."""
        self._farewell = self._farewell or (_GOING_AWAY, "")
        self._out.clear()
        self._over.set()

    # What runs meanwhile

    async def _read(self) -> None:
        while (message := await self._receive())["type"] == "websocket.receive":
            text: str | None = message.get("text")
            content: str | bytes = text if text is not None else message.get("bytes") or b""
            if self._farewell is not None:
                continue
            if _size(content) > self._options.max_payload:
                self._driver.broken(1009, f"more than {self._options.max_payload} bytes in a message")
            else:
                self._driver.received(content)
            await self._readable.wait()

    async def _write(self) -> None:
        while True:
            while self._out:
                data = self._out.popleft()
                for message in split(data):
                    kind = "text" if isinstance(message, str) else "bytes"
                    await self._send({"type": "websocket.send", kind: message})
                self._waiting -= len(data)
                if self._congested and self._waiting <= self._options.outbox.high_mark:
                    self._congested = False
                    self._driver.relieved()
            if self._farewell is not None:
                await self._say_goodbye(*self._farewell)
                return
            self._news.clear()
            await self._news.wait()

    async def _say_goodbye(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(self._options.close_timeout):
                await self._send({"type": "websocket.close", "code": code, "reason": _shortened(reason)})
        except Exception as error:  # noqa: BLE001 - it is closed already, and servers say so in their own ways
            _log.debug("a WebSocket was closed before we did it: %r", error)


async def _refuse(refused: Refusal, scope: Message, send: Send) -> None:
    """Answer as HTTP where the server can; it answers 403 by itself where it cannot."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [
        (b"content-type", refused.content_type.encode()),
        (b"content-length", str(len(refused.body)).encode()),
    ]
    await send({"type": "websocket.http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": refused.body})


def _size(content: str | bytes) -> int:
    if isinstance(content, bytes) or content.isascii():
        return len(content)
    return len(content.encode())


def _shortened(reason: str) -> str:
    """As much of it as a close frame takes: 123 bytes. RFC 6455, section 5.5."""
    return reason.encode()[:123].decode(errors="ignore")

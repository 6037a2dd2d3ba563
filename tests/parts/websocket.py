"""A WebSocket client that does as it is told, rules or not, and a uvicorn that serves in the test's own loop."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

import uvicorn

from chorus.realtime import Server

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA
TARGET = "/socket.io/?EIO=4&transport=websocket"


@contextlib.asynccontextmanager
async def serving(application: Any, path: str | None = None, *, plain: bool = False) -> AsyncIterator[str | int]:
    """Serve on a free port, or on a Unix socket; gives the port or path. Ends as uvicorn does on SIGTERM.

    Args:
        application: a Server, or an ASGI application with a `websocket_protocol`, and perhaps an `http_protocol`.
        plain: leave that one out: WebSockets go through ASGI.
    """
    async with served(application, path, plain=plain) as (address, _):
        yield address


@contextlib.asynccontextmanager
async def served(
    application: Any, path: str | None = None, *, plain: bool = False
) -> AsyncIterator[tuple[str | int, uvicorn.Server]]:
    """The same, with uvicorn's server."""
    if isinstance(application, Server):
        application = application.asgi
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0))
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
    websockets = "auto" if plain else application.websocket_protocol
    http = getattr(application, "http_protocol", "auto")
    config = uvicorn.Config(
        application, http=http, ws=websockets, log_level="warning", lifespan="on", interface="asgi3"
    )
    config.load()
    web = uvicorn.Server(config)
    web.lifespan = config.lifespan_class(config)
    await web.startup(sockets=[listener])
    try:
        yield path if path is not None else listener.getsockname()[1], web
    finally:
        await asyncio.wait_for(web.shutdown(sockets=[listener]), 10)


class Closed(Exception):
    """The server closed; `code` is None when it did so without a close frame."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class RawClient:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def ask(cls, at: str | int, target: str = TARGET, headers: str = "", method: str = "GET") -> "Answer":
        """Send an upgrade request; the answer, whatever it is."""
        if isinstance(at, str):
            reader, writer = await asyncio.open_unix_connection(at)
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", at)
        host = "" if "Host:" in headers else f"Host: 127.0.0.1:{at}\r\n"
        if "Upgrade:" not in headers:
            headers += "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        if "Sec-WebSocket-Key" not in headers:
            headers += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        writer.write(f"{method} {target} HTTP/1.1\r\n{host}{headers}\r\n".encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode()
        return Answer(int(head.split()[1]), head, cls(reader, writer))

    @classmethod
    async def connect(cls, at: str | int) -> "RawClient":
        """Open a session and connect to "/"; the OPEN and CONNECT packets are read."""
        client = (await cls.ask(at)).client
        assert (await client.receive()).startswith("0{")
        client.send("40")
        assert (await client.receive()).startswith("40{")
        return client

    def send(
        self,
        payload: str | bytes,
        opcode: int | None = None,
        *,
        fin: bool = True,
        masked: bool = True,
        rsv1: bool = False,
    ) -> None:
        """Send one frame."""
        if opcode is None:
            opcode = TEXT if isinstance(payload, str) else BINARY
        body = payload.encode() if isinstance(payload, str) else payload
        size = len(body)
        flag = 0x80 if masked else 0
        head = bytes([opcode | (0x80 if fin else 0) | (0x40 if rsv1 else 0)])
        if size < 126:
            head += bytes([flag | size])
        elif size < 65536:
            head += bytes([flag | 126]) + struct.pack(">H", size)
        else:
            head += bytes([flag | 127]) + struct.pack(">Q", size)
        if masked:
            mask = os.urandom(4)
            head += mask
            body = (
                bytes(byte ^ mask[index % 4] for index, byte in enumerate(body)) if size < 5000 else _mask(body, mask)
            )
        self.writer.write(head + body)

    async def frame(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload."""
        try:
            async with asyncio.timeout(30):
                kind, size = await self.reader.readexactly(2)
                if size == 126:
                    (size,) = struct.unpack(">H", await self.reader.readexactly(2))
                elif size == 127:
                    (size,) = struct.unpack(">Q", await self.reader.readexactly(8))
                return kind & 0xF, await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Closed(None) from None

    async def receive(self) -> str | bytes:
        """The next message.

        Raises:
            Closed: there is none any more.
        """
        opcode, payload = await self.frame()
        if opcode == CLOSE:
            raise Closed(int.from_bytes(payload[:2], "big"), payload[2:].decode())
        return payload.decode() if opcode == TEXT else payload

    async def closed(self) -> Closed:
        """How the server closes; messages before that are passed over."""
        while True:
            try:
                await self.receive()
            except Closed as closed:
                return closed

    def close(self) -> None:
        self.writer.close()


class Answer:
    """Of an upgrade request."""

    def __init__(self, status: int, head: str, client: RawClient) -> None:
        self.status = status
        self.head = head
        self.client = client

    async def body(self) -> str:
        """What follows the head until the server closes."""
        text = (await asyncio.wait_for(self.client.reader.read(), 5)).decode()
        self.client.close()
        return text


def _mask(body: bytes, mask: bytes) -> bytes:
    size = len(body)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(body, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")

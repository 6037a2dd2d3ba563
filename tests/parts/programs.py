"""A program of others on loopback: it keeps what it is called with, and answers as the test says."""

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any, Self


class Program:
    """`async with Program() as program:`; `program.calls` is what came, `program.answer` what goes back."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answer: bytes = respond(b"")
        self.silent = False
        self.url = ""
        self._kept: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._kept:
            writer.close()

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.calls]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        self.calls.append((headers, await reader.readexactly(int(headers["content-length"]))))
        if self.silent:
            self._kept.append(writer)  # one that nobody holds is closed from Python 3.13 on
            return
        writer.write(self.answer)
        await writer.drain()
        writer.close()


def respond(body: bytes | dict[str, Any], status: str = "200 OK") -> bytes:
    """An answer of HTTP."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def verified(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Whether a call is signed, by the standard's own words: a second hand that knows nothing of ours."""
    key = base64.b64decode(secret.split("_")[1])
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split(" ")

"""Answers Prometheus: over HTTP on CHORUS_HOME/metrics.sock, and on a port of 127.0.0.1 where one is set.

It speaks as much of HTTP/1.1 as a scrape needs: one GET a connection, a bounded head, an answer, the end. The socket is
its owner's alone; the port is open to whoever may connect to this machine's loopback.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable

from chorus.cluster.exposition import CONTENT_TYPE
from chorus.cluster.rpc import accepting
from chorus.cluster.rpc.identity import identity

log = logging.getLogger(__name__)

MOST_CLIENTS = 16
"""Connections served at a time; one more is closed."""

TRY_AGAIN = 10.0

_LARGEST_HEAD = 8192
_PATIENCE = 5.0
"""Seconds a client may take for its request, and for the answer."""


class Metrics:
    """The two listeners."""

    def __init__(self, path: str, text: Callable[[], str], *, at_home: Callable[[], bool] = lambda: True) -> None:
        """`path` is of the socket; `text` is called for each scrape.

        While we are not `at_home`, what lies at the path is a cluster's that has the folder now, and is let be.
        """
        self._path, self._text, self._at_home = path, text, at_home
        self._servers: dict[int | None, asyncio.Server] = {}
        """By port; None is the socket."""

        self._bound: tuple[int, int] | None = None
        """Device and number of our socket's file."""

        self._starting: asyncio.Task[None] | None = None
        self._insisting: asyncio.Task[None] | None = None
        self._clients = 0

    async def start(self) -> None:
        """Listen on the socket. An earlier manager's is replaced. On a disk without room for it that is tried again."""
        if not await self._is_there():
            self._starting = asyncio.create_task(self._until_there())

    async def _until_there(self) -> None:
        while True:
            await asyncio.sleep(TRY_AGAIN)
            if self._at_home() and await self._is_there():
                return

    async def _is_there(self) -> bool:
        try:
            await self._listen_on_socket()
        except OSError as error:
            log.error("metrics: cannot listen at %s: %s; tried again in %g s", self._path, error.strerror, TRY_AGAIN)
            return False
        return True

    async def _listen_on_socket(self) -> None:
        if os.path.lexists(self._path):
            os.unlink(self._path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(self._path)
            os.chmod(self._path, 0o600)
        except OSError:
            listener.close()
            raise
        self._servers[None] = await self._listen_on(listener)
        self._bound = identity(self._path)

    async def _listen_on(self, listener: socket.socket) -> asyncio.Server:
        return await accepting.serve(self._serve, listener, most=MOST_CLIENTS, limit=_LARGEST_HEAD)

    async def listen(self, port: int | None) -> None:
        """Listen on this port of 127.0.0.1 from now on and on no other; None: on none.

        Raises:
            OSError: it cannot be bound; what was listened on before still is.
        """
        await self._bind(port)
        if self._insisting is not None:
            self._insisting.cancel()

    async def _bind(self, port: int | None) -> None:
        if port is not None and port not in self._servers:
            self._servers[port] = await self._listen_on(socket.create_server(("127.0.0.1", port)))
        for other in [each for each in self._servers if each not in {None, port}]:
            self._servers.pop(other).close()

    def insist(self, port: int | None) -> None:
        """The same, tried again until it can be bound: after a boot another process may hold the port."""
        if self._insisting is not None:
            self._insisting.cancel()
        self._insisting = asyncio.create_task(self._until_bound(port))

    async def _until_bound(self, port: int | None) -> None:
        while True:
            try:
                await self._bind(port)
            except OSError as error:
                log.error("metrics: port %s on 127.0.0.1: %s; tried again in %g s", port, error.strerror, TRY_AGAIN)
                await asyncio.sleep(TRY_AGAIN)
            else:
                return

    async def close(self) -> None:
        """Stop listening."""
        for task in (self._starting, self._insisting):
            if task is not None:
                task.cancel()
        for server in self._servers.values():
            server.close()
        if self._servers.pop(None, None) is not None and identity(self._path) == self._bound is not None:
            os.unlink(self._path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            if self._clients <= MOST_CLIENTS:
                async with asyncio.timeout(_PATIENCE):
                    writer.write(self._answer(await reader.readuntil(b"\r\n\r\n")))
                    await writer.drain()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # it was slow, went away, or said something that is no request: it gets no answer
        finally:
            self._clients -= 1
            writer.close()

    def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method not in {b"GET", b"HEAD"}:
            return _response("405 Method Not Allowed", "text/plain", b"GET /metrics\n")
        if path not in {b"/metrics", b"/"}:
            return _response("404 Not Found", "text/plain", b"GET /metrics\n")
        body = self._text().encode()
        return _response("200 OK", CONTENT_TYPE, b"" if method == b"HEAD" else body, length=len(body))


def _response(status: str, kind: str, body: bytes, *, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
    return head.encode() + body

"""The manager's side of rpc.sock: one request a connection at a time, its answer a stream of lines.

Only the owner's processes (and root's) are served: the socket is 0600 and the peer's user is looked at as well. A line
that is no request gets one `Failed` and the connection is closed. What a client asked for goes on when it hangs up.
"""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Collection

from chorus.cluster.messages import (
    LARGEST_MESSAGE,
    Answer,
    Describe,
    Done,
    Failed,
    Final,
    Kill,
    Logs,
    MessageError,
    Ping,
    Progress,
    Request,
    Samples,
    Status,
    Update,
    decode_request,
    encode,
)
from chorus.cluster.rpc import accepting
from chorus.cluster.rpc.identity import identity

log = logging.getLogger(__name__)

Handler = Callable[[Request, Callable[[Progress], None]], Awaitable[Final]]

MOST_CLIENTS = 64
"""Connections served at a time; one more is told so and closed."""

LOOK_EVERY = 2.0
"""Seconds between two looks whether the socket's file is still there."""

_MOST_UNSENT = 1024 * 1024
"""Bytes that may wait for a client that does not read; its progress is dropped above."""


_ASKED_TO_THE_END = (Ping, Status, Samples, Describe, Logs, Kill)
"""Requests that are served while everything is being ended."""

_DISMISSAL = 1.0
"""Seconds a client that is not served has for reading why."""


class RpcServer:
    """Listens on a Unix socket and has a handler answer the requests."""

    def __init__(
        self,
        path: str,
        handler: Handler,
        *,
        on_killed: Callable[[], None],
        on_updated: Callable[[], None] = lambda: None,
        owners: Collection[int] | None = None,
        at_home: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make a server that does not listen yet.

        `on_killed` is called once the answer to Kill is out, `on_updated` once Update is Done. `owners` are the users
        that are served: this process's own and root when it is None. While we are not `at_home`, a socket's file that
        is not ours is let be: it is that of a cluster that has the folder now.
        """
        self._path = path
        self._handler = handler
        self._on_killed = on_killed
        self._on_updated = on_updated
        self._owners = {0, os.getuid()} if owners is None else owners
        self._at_home = at_home
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._work: set[asyncio.Future[Final]] = set()
        self._bound: tuple[int, int] | None = None
        """Device and number of our socket's file."""

        self._watch: asyncio.Task[None] | None = None
        self._ending = False
        """Whether Kill was asked for."""

    async def start(self) -> None:
        """Listen, and go on listening when the socket's file is removed or replaced by another one.

        Where that is not possible, as on a disk without room, it is tried again: what else the manager does goes on.
        """
        await self._try_to_listen()
        self._watch = asyncio.create_task(self._watch_file())

    async def _try_to_listen(self) -> None:
        try:
            await self._listen()
        except OSError as error:  # tried again at the next look
            log.error("cannot listen at %s: %s", self._path, error)

    async def _watch_file(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._is_ours() or not self._at_home():
                continue
            if self._bound is not None:
                log.warning("%s was removed or replaced; listening anew", self._path)
            before = self._server
            await self._try_to_listen()
            if before is not None and self._server is not before:
                before.close()  # its clients stay

    def _is_ours(self) -> bool:
        return self._bound is not None and identity(self._path) == self._bound

    async def _listen(self) -> None:
        """Bind. A socket that an earlier manager left behind is replaced in one step: nobody finds none."""
        fresh = f"{self._path}.new"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if os.path.lexists(fresh):
                os.unlink(fresh)
            listener.bind(fresh)
            os.chmod(fresh, 0o600)
            listener.listen(MOST_CLIENTS)
            bound = identity(fresh)
            os.rename(fresh, self._path)
        except OSError:
            listener.close()
            raise
        self._server = await accepting.serve(self._serve, listener, most=MOST_CLIENTS, limit=LARGEST_MESSAGE)
        self._bound = bound  # at last: a socket that nobody listens on is not ours

    async def close(self) -> None:
        """Stop listening, end what is being done and hang up."""
        if self._watch is not None:
            self._watch.cancel()
        if self._server is None:
            return
        self._server.close()
        self._server = None
        if self._is_ours():
            os.unlink(self._path)
        work = list(self._work)
        for each in work:
            each.cancel()
        if work:
            await asyncio.wait(work)
            await asyncio.sleep(0)  # those that wait for it say so to their clients
        for client in self._clients:
            client.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        refusal = self._refusal(writer)
        if refusal is None and len(self._clients) >= MOST_CLIENTS:
            refusal = Failed("busy", f"the manager serves {MOST_CLIENTS} clients already")
        if refusal is not None:
            await _dismiss(reader, writer, refusal)
            return
        self._clients.add(writer)
        try:
            if (fault := await self._converse(reader, writer)) is not None:
                await _dismiss(reader, writer, fault)
        except ConnectionError:  # it hung up; nobody is left to tell
            pass
        finally:
            self._clients.discard(writer)
            writer.close()

    def _refusal(self, writer: asyncio.StreamWriter) -> Failed | None:
        """Why this peer is not served, if it is not."""
        peer = writer.get_extra_info("socket")
        _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
        if uid in self._owners:
            return None
        log.warning("refused a client of user %d", uid)
        return Failed("permission", f"this manager belongs to user {os.getuid()}, found user {uid}")

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Failed | None:
        """Answer requests until the client hangs up (None), or does something that ends the connection."""
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:  # it hung up
                return None
            except asyncio.LimitOverrunError:
                return Failed("too_large", f"found a request above {LARGEST_MESSAGE} bytes")
            try:
                request = decode_request(line)
            except MessageError as error:
                return Failed("invalid", str(error))
            if self._ending and not isinstance(request, _ASKED_TO_THE_END):
                return Failed("ending", f"{type(request).__name__} is not begun: chorus kill is ending everything")
            self._ending = self._ending or isinstance(request, Kill)
            answer = await self._answer(request, writer)
            try:
                _send(writer, answer)
                await writer.drain()
            finally:  # it is done all the same when the client has hung up meanwhile
                if isinstance(request, Update) and isinstance(answer, Done):
                    self._on_updated()
                if isinstance(request, Kill):
                    self._on_killed()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> Final:
        def progress(step: Progress) -> None:
            if not writer.is_closing() and writer.transport.get_write_buffer_size() < _MOST_UNSENT:
                _send(writer, step)

        name = type(request).__name__
        work = asyncio.ensure_future(self._handler(request, progress))
        self._work.add(work)
        await asyncio.wait({work})
        self._work.discard(work)
        if work.cancelled():
            if self._server is None:
                goes_on = "its keeper starts it again, and a reload goes on then; chorus status shows how far it is"
                return Failed("manager_ended", f"{name} was cut short, the manager ends: {goes_on}")
            return Failed("busy", f"{name} was ended by {'chorus kill' if self._ending else 'another command'}")
        if (error := work.exception()) is not None:  # a fault of ours must not end the manager
            log.error("%s failed", name, exc_info=error)
            return Failed("internal", f"{name} failed in the manager; daemon.log has the details")
        return work.result()


async def _dismiss(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Failed) -> None:
    """Say why and hang up.

    What the client has sent is read first, within bounds: unread, it would have the kernel reset the connection, and
    the answer would be lost.
    """
    try:
        _send(writer, answer)
        writer.write_eof()
        async with asyncio.timeout(_DISMISSAL):
            for _ in range(LARGEST_MESSAGE // 65536):
                if not await reader.read(65536):
                    break
    except (TimeoutError, ConnectionError):  # it had its time, or is gone
        pass
    finally:
        writer.close()


def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(encode(answer))

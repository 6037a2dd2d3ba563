"""Taking connections with asyncio, so that a process without a free descriptor rests until it has one.

Theory of operation. asyncio accepts as often in a row as connections may wait, and each time that the system has no
descriptor it logs a traceback and plans to go on in a second: from one connection that waits come a hundred of both,
and more with every second. Here it accepts once a turn of the loop, and is told of it by one line a minute.

    loop.set_exception_handler(Complaints())
    server = await accepting.serve(on_client, listener, most=64)       # bound already
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

log = logging.getLogger(__name__)

SAID_EVERY = 60.0
"""Seconds between two lines about connections that cannot be taken."""

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


async def serve(
    on_client: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    listener: socket.socket,
    *,
    most: int,
    limit: int,
) -> asyncio.Server:
    """Serve on a socket that is bound; `most` connections may wait, `limit` bytes of a line are read at once.

    Raises:
        OSError: it cannot be listened on; it is closed.
    """
    begin = asyncio.start_unix_server if listener.family == socket.AF_UNIX else asyncio.start_server
    queue = _Queue(listener, most)
    try:
        return await begin(on_client, sock=queue, backlog=1, limit=limit)
    except OSError:
        queue.close()
        raise


class _Queue(socket.socket):
    """A listener in which so many may wait, and never fewer: asyncio has one number for that and for its accepting."""

    def __init__(self, bound: socket.socket, most: int) -> None:
        super().__init__(fileno=bound.detach())
        self._most = most

    def listen(self, _backlog: int = 0, /) -> None:
        """Listen, with room for as many as were asked for first."""
        super().listen(self._most)


class Complaints:
    """Handles what asyncio complains of: that there is no descriptor once in a while, anything else as ever."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Called by the loop."""
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in _NO_ROOM and "socket" in context):
            loop.default_exception_handler(context)
        elif loop.time() >= self._silent_until:
            self._silent_until = loop.time() + SAID_EVERY
            log.error("cannot take connections: %s; tried every second, said every %g s", error.strerror, SAID_EVERY)

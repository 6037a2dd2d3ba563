"""HTTP of one connection: uvicorn's protocol, with bounds on what a client may send and on how long it may take.

uvicorn bounds what an application reads of a body, and how long a connection is idle between two requests. Here the
rest is bounded: the bytes of a head, and of what a body has beside its content (chunk extensions, trailers), the time
until a head is there, the time of a body, and how slowly an answer is taken. A timer runs only while a client keeps us
waiting: one that sends its request in one piece and takes its answer costs none.
"""

import asyncio
from enum import Enum
from http import HTTPStatus
from typing import Any, Protocol, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
"""Bytes of a request line with its headers, and of what comes between two pieces of a body."""

HEAD_TIME = 20.0
"""Seconds a head may take; a new connection has as long until its first byte."""

BODY_TIME = 60.0
"""Seconds a body may take, and one more for each SLOWEST bytes of it that came: large ones are welcome, no trickle."""

SLOWEST = 1000

ANSWER_TIME = 60.0
"""Seconds in each of which SLOWEST bytes of an answer are to be taken, while more of it waits than the system takes: it
waits in our memory, and a client that reads nothing would have it kept for ever.
"""

IDLE_GRACE = 1.0
"""Seconds a drained connection without a request is kept: its client may be sending one at this moment."""

LAST_LOOK = 0.02
"""Seconds more, in which what came while this process had no turn is read: timers are run before sockets are."""

LINGER = 1.0
"""Seconds a client that is refused may go on sending, which is thrown away: cut at once it would not see the answer."""


class Awaited(Enum):
    """What the client still owes us."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"


class Heirs(Protocol):
    """Other workers, for when this one ends."""

    @property
    def has_heirs(self) -> bool:
        """Whether there is one."""
        ...

    def pass_on(self, connection: "HttpProtocol") -> None:
        """Give it to one of them, between two requests."""
        ...


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, bounded; and draining does not cut a connection its client may just be using."""

    hand_over: Heirs | None = None
    """None: of a connection that is nobody else's business, as the manager's."""

    _draining = False
    _awaited = Awaited.NOTHING
    _timed: Awaited | None = None
    """What `_timer` waits for; None: another message began since it was set."""
    _timer: asyncio.TimerHandle | None = None
    _began = 0.0
    _came = 0
    """Bytes of this body so far."""
    _worthless = 0
    """Bytes since a head was complete or a piece of a body came."""
    _refused = False
    _untaken = 0
    """Bytes of an answer that waited at the last look."""
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - uvicorn narrows it the same way
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await(Awaited.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        self._stop_looking()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Much of an answer waits: from now on look how fast it is taken."""
        super().pause_writing()
        self._look_later()

    def resume_writing(self) -> None:
        """Nearly all of it was taken."""
        self._stop_looking()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take what the client sent; refuse it when it has no end."""
        if self._refused:
            return
        self._worthless += len(data)
        super().data_received(data)
        if self._awaited is Awaited.NOTHING:
            if self._timer is not None:
                self._stop_waiting()
        elif not self._refused and self._timed is not self._awaited:
            self._await(self._awaited)
        if self._worthless > LARGEST_HEAD and not self._refused:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._awaited, self._timed = Awaited.HEAD, None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin a request."""
        if self._worthless > LARGEST_HEAD and _size(self.url, self.headers) > LARGEST_HEAD:
            raise _TooLarge  # which ends the parser's work, as invalid bytes do: `send_400_response` follows
        self._awaited, self._worthless, self._came = Awaited.BODY, 0, 0
        super().on_headers_complete()
        if not cast("Any", self.parser).should_upgrade():  # else uvicorn still looks at them
            self.headers = _TRAILERS
        if self._draining and not self._is_idle():
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Give on a piece of a body."""
        self._worthless = 0
        self._came += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The client has sent all of its request."""
        self._awaited = Awaited.NOTHING
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or a head that came at once and is too large."""
        if self._worthless > LARGEST_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        """Upgrade; a draining worker sends the client to another one instead."""
        self._stop_waiting()
        if not self._draining:
            super().handle_websocket_upgrade()
        else:
            self.transport.write(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def shutdown(self) -> None:
        """Leave the connection to an heir once it is between two requests; without heirs, to its client.

        Then the open request, or the next one if it comes soon, is answered with `Connection: close`. An answer that
        has begun said that the connection stays: its client may ask again, and so it stays as one without a request.
        """
        self._draining = True
        if self._is_idle():
            self._part()
        elif not self.cycle.response_started and self._heirs is None:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        """Wait for the next request, or see to one that has come."""
        super().on_response_complete()
        if self._draining and not self.transport.is_closing() and self._is_idle():
            self._part()

    # When this worker ends and another one goes on

    async def rest(self) -> int | None:
        """Read nothing more; the descriptor, or None when a request has come meanwhile or the client is gone.

        What the client sends from now on stays in the kernel, and is read by whoever gets the descriptor.
        """
        self.transport.set_write_buffer_limits(high=0)
        await self.flow.drain()
        if self.transport.is_closing():
            return None
        if not self._is_idle() or self._awaited is not Awaited.NOTHING:
            self._close_soon()
            return None
        self._stop_waiting()
        self._unset_keepalive_if_required()
        self.flow.pause_reading()
        return self.transport.get_extra_info("socket").fileno()

    def taken(self) -> None:
        """Another worker has it: close our descriptor, of which its client sees nothing."""
        self.transport.abort()

    def refused(self) -> None:
        """It stays here after all."""
        self.flow.resume_reading()
        self._close_soon()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was idle for long, unless its next request is there already."""
        self.timeout_keep_alive_task = self.loop.call_later(LAST_LOOK, super().timeout_keep_alive_handler)

    def _is_idle(self) -> bool:
        cycle = cast("Any", self.cycle)  # None before the first request
        return cycle is None or cycle.response_complete

    @property
    def _heirs(self) -> Heirs | None:
        return self.hand_over if self.hand_over is not None and self.hand_over.has_heirs else None

    def _part(self) -> None:
        heirs = self._heirs
        if heirs is None:
            self._close_soon()
        else:
            heirs.pass_on(self)

    def _close_soon(self) -> None:
        self.loop.call_later(IDLE_GRACE, self.loop.call_later, LAST_LOOK, self._close_idle)

    def _close_idle(self) -> None:
        if self._is_idle():
            self.transport.close()

    def _await(self, awaited: Awaited) -> None:
        self._stop_waiting()
        self._timed = awaited
        if awaited is Awaited.HEAD:
            self._timer = self.loop.call_later(HEAD_TIME, self._late)
        else:
            self._began = self.loop.time()
            self._timer = self.loop.call_later(BODY_TIME, self._late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        """The time is over: for a body only when it is slow and it is not the application that does not read it."""
        self._timer = None
        if self._timed is Awaited.BODY:
            left = self._began + BODY_TIME + self._came / SLOWEST - self.loop.time()
            if left > 0 or self.flow.read_paused:
                self._timer = self.loop.call_later(max(left, BODY_TIME / 4), self._late)
                return
        if self._awaited is Awaited.NOTHING:  # not a byte of a first request: nobody waits for an answer
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _look_later(self) -> None:
        self._untaken = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(ANSWER_TIME, self._look)

    def _look(self) -> None:
        if self._untaken - self.transport.get_write_buffer_size() < SLOWEST * ANSWER_TIME:
            self.transport.abort()
        else:
            self._look_later()

    def _stop_looking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer so, unless an answer is under way, and close when the client had a moment to read it."""
        self._refused = True
        self._stop_waiting()
        if self.transport.is_closing():
            return
        cycle = cast("Any", self.cycle)
        idle = self._is_idle()
        unanswered = idle if self._awaited is Awaited.HEAD else not idle and not cycle.response_started
        if not idle:
            cycle.disconnected = True
            cycle.message_event.set()
        if self.pipeline or not unanswered:
            self.transport.close()
            return
        line = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        self.transport.write(line.encode())
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)


class _TooLarge(Exception):
    """A head that came in one piece and is larger than allowed."""


class _Trailers(list[tuple[bytes, bytes]]):
    """Where the headers of a request go whose head is complete: what comes after its body is no header of it."""

    def append(self, _trailer: tuple[bytes, bytes], /) -> None:
        """Leave a trailer aside."""


_TRAILERS = _Trailers()


def _size(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)

"""Commands to one server: many under way on one connection, answered in their order.

    pipeline = Pipeline(settings.address(), settings)
    await pipeline.ask(b"GET", b"a")            # b"7"; connected when it is needed, and again when that was lost
    pipeline.close()

What is asked in one turn of the loop is written at its end, together; when many commands are under way already, the
next ones stand in line until some are answered. A server that leaves the oldest command without an answer for
`command_timeout` is believed no more: the connection ends, and with it whatever was under way or in line.
"""

import asyncio
from collections import deque
from functools import partial
from typing import NamedTuple

from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.link import Link, Reply, command, open_link
from chorus.realtime.backplane.settings import RedisAddress, RedisSettings

_MOST_UNDER_WAY = 4_096
"""Commands that may be written and wait for their answers; a server that slow is not sent more."""

MOST_IN_LINE = 65_536
"""Commands that may wait for the connection, or on it to be written: a burst of all clients of an instance fits."""

LARGEST_LINE = 64 * 1_048_576
"""Bytes of commands in line above which no other one is taken."""

_WRITE = 262_144
"""Bytes given to the network at once, or one command; then it is asked whether it takes more."""

_ASKING = command(b"ASKING")


class _Asked(NamedTuple):
    words: bytes
    asking: bool
    answer: asyncio.Future[Reply]


class _UnderWay(NamedTuple):
    answer: asyncio.Future[Reply]
    since: float


class Pipeline:
    """Not thread-safe: all calls come from one event loop."""

    def __init__(self, address: RedisAddress, settings: RedisSettings) -> None:
        self._address = address
        self._settings = settings
        self._link: Link | None = None
        self._opening: asyncio.Task[Link] | None = None
        self._in_line: deque[_Asked] = deque()
        self._line_size = 0
        """Bytes of what is in line."""
        self._under_way: deque[_UnderWay] = deque()
        self._writing: asyncio.Handle | None = None
        self._waiting = 0
        """Commands that wait for the connection."""
        self._watch: asyncio.TimerHandle | None = None

    async def ask(self, *words: bytes, asking: bool = False) -> Reply:
        """The answer to one command; errors of the server are answers, too.

        `asking` says ASKING before it, as a cluster wants it while a slot moves.

        Raises:
            BackplaneUnavailable: nobody answers there, or we are refused; or the connection ended before the answer.
        """
        if self._link is None:
            self._refuse_behind(self._waiting)
            self._waiting += 1
            try:
                await self._open()
            finally:
                self._waiting -= 1
        if self._link is None:
            raise BackplaneUnavailable(self._complaint("closed by the server"))
        self._refuse_behind(len(self._in_line))
        asked = _Asked(command(*words), asking, asyncio.get_running_loop().create_future())
        self._in_line.append(asked)
        self._line_size += len(asked.words)
        self._write_soon()
        return await asked.answer

    def close(self) -> None:
        """Disconnect; what is under way fails."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        self._end("closed")

    def _refuse_behind(self, others: int) -> None:
        if others >= MOST_IN_LINE or self._line_size > LARGEST_LINE:
            waiting = f"{others:,} commands with {self._line_size:,} bytes are waiting in line"
            raise BackplaneUnavailable(self._complaint(waiting))

    def _write_soon(self) -> None:
        if self._writing is None:
            self._writing = asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        """Write what stands in line, as far as there is room and the network takes it."""
        self._writing = None
        while self._link is not None and self._link.writable and self._in_line:
            unsent = self._next()
            if not unsent:
                return
            self._link.send(unsent)
        if self._under_way and self._watch is None:
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(self._settings.command_timeout, self._look_at_the_oldest)

    def _next(self) -> bytes:
        """What is first in line, from here on under way; nothing when too much is."""
        loop = asyncio.get_running_loop()
        now, unsent, size = loop.time(), list[bytes](), 0
        while self._in_line and len(self._under_way) < _MOST_UNDER_WAY and size < _WRITE:
            words, asking, answer = self._in_line.popleft()
            self._line_size -= len(words)
            if answer.done():  # cancelled: nobody waits for it any more
                continue
            if asking:
                unsent.append(_ASKING)
                self._under_way.append(_UnderWay(loop.create_future(), now))
            unsent.append(words)
            size += len(words)
            self._under_way.append(_UnderWay(answer, now))
        return b"".join(unsent)

    async def _open(self) -> None:
        """Connect, once for all who wait for it: whoever gives up waiting leaves it to the others."""
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._connect(), name="redis commands")
            self._opening.add_done_callback(self._opened)
        opening, task = self._opening, asyncio.current_task()
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            if not opening.cancelled() or (task is not None and task.cancelling()):
                raise
            raise BackplaneUnavailable(self._complaint("closed")) from None

    async def _connect(self) -> Link:
        return await open_link(self._address, self._settings, self._hear)

    def _opened(self, opening: asyncio.Task[Link]) -> None:
        if opening is not self._opening:  # closed meanwhile
            if not opening.cancelled() and opening.exception() is None:
                opening.result().abort()
            return
        self._opening = None
        if not opening.cancelled() and opening.exception() is None:  # whoever waits gets the exception
            self._link = opening.result()
            self._link.on_writable = self._write_soon
            self._link.lost.add_done_callback(partial(self._lost, self._link))

    def _hear(self, reply: Reply) -> None:
        if not self._under_way:
            self._end("it answers what nobody asked")
            return
        answer = self._under_way.popleft().answer
        if not answer.done():  # cancelled: nobody waits for it any more
            answer.set_result(reply)
        if self._in_line:
            self._write_soon()

    def _lost(self, link: Link, lost: "asyncio.Future[Exception | None]") -> None:
        if link is self._link:
            self._end(str(lost.result() or "closed by the server"))

    def _look_at_the_oldest(self) -> None:
        self._watch = None
        if not self._under_way:
            return
        loop, patience = asyncio.get_running_loop(), self._settings.command_timeout
        due = self._under_way[0].since + patience
        if loop.time() >= due:
            self._end(f"no answer within {patience:g} s (see REDIS_COMMAND_TIMEOUT)")
        else:
            self._watch = loop.call_at(due, self._look_at_the_oldest)

    def _end(self, reason: str) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.abort()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        answers = [asked.answer for asked in (*self._under_way, *self._in_line)]
        self._under_way.clear()
        self._in_line.clear()
        self._line_size = 0
        for answer in answers:
            if not answer.done():
                answer.set_exception(BackplaneUnavailable(self._complaint(reason)))
                answer.exception()  # seen: whoever asked may be gone in this very turn

    def _complaint(self, reason: str) -> str:
        return f"Redis at {self._address.place}: {reason} (see {self._address.setting})"

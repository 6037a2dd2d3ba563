"""One session on its way to another process of this machine.

    departure = Departure(wire, connection, flush)
    await departure.prepare(within=5.0)     # NotMovable: it stays
    departure.state, departure.fileno()     # for the other process
    departure.taken(forward)                # it has both … or
    departure.refused("another release")    # it does not want them: closed with 1012, so that its client comes back

Theory of operation. Reading stops between two frames, so nothing of the client's is left in our memory. What is written
from then on is kept. When the kernel has taken what was written before and no handler of its events runs, the session
is packed and leaves its rooms here, in one step, so nothing falls between. Bytes that the client sent meanwhile lie in
the socket, and go with it.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

import msgspec

from chorus.realtime.errors import NotMovable
from chorus.realtime.handover import notes, pace
from chorus.realtime.handover.packing import pack
from chorus.realtime.handover.state import LARGEST, encode
from chorus.realtime.server.connection import Connection
from chorus.realtime.transport.websocket_wire import WebSocketWire

_log = logging.getLogger(__name__)

_AGAIN = 0.05
"""Seconds until a session that could not come to rest is tried again."""


class Departure:
    """Args:
    flush: has everything written that waits for the end of the tick.
    """

    def __init__(self, wire: WebSocketWire, connection: Connection, flush: Callable[[], None]) -> None:
        self.connection = connection
        self.state = b""
        """The session, once it is prepared."""

        self._wire = wire
        self._flush = flush
        self._late: list[bytes] = []

    async def prepare(self, *, within: float) -> None:
        """Freeze and pack the session.

        Raises:
            NotMovable: that cannot be done, or not in so many seconds. The session goes on here.
        """
        try:
            async with asyncio.timeout(within):
                while True:
                    if await self._try():
                        return
                    await asyncio.sleep(_AGAIN)
        except TimeoutError:
            raise NotMovable(f"it did not come to rest within {within:g} s", later=True) from None

    def fileno(self) -> int:
        """Its socket."""
        return self._wire.fileno()

    def taken(self, forward: Callable[[bytes], None]) -> None:
        """The other process has it; `forward` carries notes there."""
        write = partial(_forward, self.connection.sid, forward)
        if self._late:
            write(b"".join(self._late))
        self.connection.forward(write)
        self._wire.let_go()

    def refused(self, reason: str) -> None:
        """Nobody has it: its client is to connect anew."""
        _log.info("%s: not handed over: %s", self.connection.request.remote or "a client", reason)
        self.connection.stranded("server shutting down")
        self._wire.unsettle()
        self._wire.close(1012, "server shutting down")

    async def _try(self) -> bool:
        """Whether it is packed now. Whatever keeps it from that, it is served as before."""
        await self._wire.settle()
        self.connection.hold()
        try:
            if await self._rests():
                self._pack()
                return True
        except NotMovable as error:
            if not error.later:
                if self.connection.open:
                    self._stay()
                raise
        except BaseException:  # cancelled, when it took too long, or the application's own code: it is served as before
            self._stay()
            raise
        self._stay()
        return False

    def _stay(self) -> None:
        self._wire.unsettle()
        self.connection.release()

    async def _rests(self) -> bool:
        """Wait until nothing is under way; False when what is under way needs the client."""
        limit = self.connection.options.outbox.bound
        while True:
            clients = self.connection.clients
            if not self.connection.open:
                raise NotMovable("it ended")
            if not self._wire.waiting() and all(client.quiet for client in clients):
                return True
            if any(client.is_asking for client in clients):
                return False
            if self.connection.held > limit:
                raise NotMovable(f"more than {limit} bytes are to be sent to it")
            await asyncio.sleep(pace.LOOK)

    def _pack(self) -> None:
        self._flush()
        state = pack(self.connection, self._wire.pack(), now=self.connection.now())
        self.connection.depart(self._late.append)
        try:
            self.state = encode(state)
        except (TypeError, OverflowError, msgspec.MsgspecError) as error:
            self._give_up(f"it cannot be written down: {error}")
        if len(self.state) > LARGEST:
            self._give_up(f"it is {len(self.state)} bytes, allowed {LARGEST}")

    def _give_up(self, reason: str) -> None:
        """It has departed and gets nowhere."""
        self.refused(reason)
        raise NotMovable(reason)


def _forward(sid: str, forward: Callable[[bytes], None], frames: bytes) -> None:
    forward(notes.encode(notes.Written(sid, frames)))

"""The sessions of one instance, and the one timer that looks after the deadlines of all of them.

    sessions = Sessions(options, now=time.monotonic)
    sessions.add(connection)
    sessions.remove(connection)         # the timer stops with the last one

The timer turns the wheel (engineio/wheel.py) as long as there are sessions, and no longer: an idle server sleeps.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.engineio.wheel import Wheel
from chorus.realtime.server.connection import Connection

_log = logging.getLogger(__name__)

_LONGEST_SLOT = 1.0
"""Seconds by which a ping may be late, at most; a twentieth of the shortest time of the options otherwise."""


class Sessions:
    """Args: now: monotonic seconds."""

    def __init__(self, options: EngineOptions, now: Callable[[], float]) -> None:
        self.congested: set[Connection] = set()
        """Those whose outbox is above the high mark."""

        self._all: set[Connection] = set()
        self._now = now
        least = min(options.ping_interval, options.ping_timeout, options.connect_timeout)
        self._wheel = Wheel[Connection](slot=min(_LONGEST_SLOT, least / 20))
        self._turn: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Connection]:
        """Those of this moment, whatever becomes of them meanwhile."""
        return iter(list(self._all))

    def add(self, connection: Connection) -> None:
        """Look after its deadlines from now on."""
        self._all.add(connection)
        connection.place = self._wheel.put(connection, at=connection.look_again_at)
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_later(self._wheel.slot, self.turn)

    def remove(self, connection: Connection) -> None:
        """It is over."""
        self._all.discard(connection)
        self._wheel.remove(connection, connection.place)
        self.congested.discard(connection)

    def turn(self) -> None:
        """Look after those whose deadline has come; the timer calls it, once a slot."""
        now = self._now()
        for connection in self._wheel.take(now=now):
            try:
                at = connection.look(now=now)
            except Exception:  # noqa: BLE001 - one session's fault must not stop the clock of all others
                _log.exception("looking after a session failed; it is ended")
                connection.end("transport error", 1011, abort=True)
                at = None
            if at is not None:
                connection.place = self._wheel.put(connection, at=at)
        self.look_at_outboxes()
        self._turn = asyncio.get_running_loop().call_later(self._wheel.slot, self.turn) if self._all else None

    def look_at_outboxes(self) -> None:
        """Cut off those for whom too much waits, or for too long."""
        if self.congested:
            for connection in list(self.congested):
                connection.look_at_outbox()

    @property
    def turning(self) -> bool:
        """Whether the timer runs."""
        return self._turn is not None

    def stop(self) -> None:
        """Look after nobody any more."""
        if self._turn is not None:
            self._turn.cancel()

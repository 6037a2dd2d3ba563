"""Whether events cross from instance to instance: one check of `/health/ready`.

    checks = [Check("redis", BackplaneProbe(backplane, durable), required=False)]

That the server between the instances answers is not enough. Events also stay away when nothing comes in although rooms
move (`deaf`), and when messages were given up because there was no way to send them (`dropped`). The first lasts until
something is heard again; the second is told for `shown_for` seconds, so that more than one prober sees it.
"""

import time
from collections.abc import Callable
from typing import Protocol

from chorus.ops.health import Impaired

SHOWN_FOR = 5.0
"""Seconds for which messages that were given up keep the check failing."""


class Backplane(Protocol):
    """What joins the instances, as far as its health goes."""

    @property
    def healthy(self) -> bool:
        """Whether what is published here comes back from the server, as far as known."""
        ...

    @property
    def dropped(self) -> int:
        """Messages given up since the start."""
        ...

    async def ping(self) -> float:
        """Seconds to the server and back; raises when there is no answer."""
        ...


class Hearing(Protocol):
    """The durable rooms, as far as their health goes."""

    @property
    def deaf(self) -> bool:
        """Whether rooms move and no announcement of it comes in."""
        ...


class BackplaneProbe:
    """Asks the backplane and the rooms that live from it; the probe of a `Check`."""

    def __init__(
        self,
        backplane: Backplane,
        rooms: Hearing,
        *,
        shown_for: float = SHOWN_FOR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts; `shown_for` in seconds, `clock` monotonic."""
        self._backplane = backplane
        self._rooms = rooms
        self._shown_for = shown_for
        self._clock = clock
        self._seen = 0
        self._lost = 0
        self._lost_until = float("-inf")

    async def __call__(self) -> None:
        """Return when events cross.

        Raises:
            Impaired: the server answers, and events stay away.
            Exception: whatever the backplane raises when it is out of reach.
        """
        await self._backplane.ping()
        if not self._backplane.healthy:
            raise Impaired("it answers, but what this instance says there does not come back to it")
        if self._rooms.deaf:
            raise Impaired("it answers, but nothing that other instances say comes in")
        now, dropped = self._clock(), self._backplane.dropped
        if dropped > self._seen:
            self._lost = dropped - self._seen + (self._lost if now < self._lost_until else 0)
            self._lost_until = now + self._shown_for
            self._seen = dropped
        if now < self._lost_until:
            raise Impaired(f"it answers; {self._lost} messages to other instances were given up")

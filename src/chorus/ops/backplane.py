"""Whether events cross from instance to instance: one check of `/health/ready`.

    checks = [Check("redis", BackplaneProbe(backplane, durable), required=False)]

That the server between the instances answers is not enough. While it does, and what this instance says does not come
back to it (`healthy`), or nothing comes in although rooms move (`deaf`), this instance is cut off: people are better
served by another one. A server that does not answer is away for everybody, and this instance as good as any; so it is
for the first moment after the server came back, in which all make their connections anew. Messages that were given up
because there was no way to send them (`dropped`) are told for `shown_for` seconds: more than one prober sees it then.
"""

import time
from collections.abc import Callable
from typing import Protocol

from chorus.ops.health import CutOff, Impaired

SHOWN_FOR = 5.0
"""Seconds for which messages that were given up keep the check failing."""


BACK_WITHIN = 1.0
"""Seconds after the server came back in which connections to it are made anew, and nothing is heard yet."""

SLOW = 0.5
"""Seconds for an answer; a server that took longer was away."""


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
        self._answers_since = float("-inf")
        """Since when it is there; infinite while it is not."""

    async def __call__(self) -> None:
        """Return when events cross.

        Raises:
            CutOff: the server answers, and events do not get to this instance.
            Impaired: it came back just now, or some were lost.
            Exception: whatever the backplane raises when it is out of reach.
        """
        await self._reach()
        trouble = ""
        if not self._backplane.healthy:
            trouble = "it answers, but what this instance says there does not come back to it"
        elif self._rooms.deaf:
            trouble = "it answers, but nothing that other instances say comes in"
        if trouble:
            raise (CutOff if self._clock() - self._answers_since >= BACK_WITHIN else Impaired)(trouble)
        now, dropped = self._clock(), self._backplane.dropped
        if dropped > self._seen:
            self._lost = dropped - self._seen + (self._lost if now < self._lost_until else 0)
            self._lost_until = now + self._shown_for
            self._seen = dropped
        if now < self._lost_until:
            raise Impaired(f"it answers; {self._lost} messages to other instances were given up")

    async def _reach(self) -> None:
        """Ask the server, and keep in mind since when it is there."""
        since, self._answers_since = self._answers_since, float("inf")
        took = await self._backplane.ping()
        self._answers_since = self._clock() if since == float("inf") or took >= SLOW else since

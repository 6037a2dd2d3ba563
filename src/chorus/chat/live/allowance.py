"""How much one account may ask over its live connections, on all of them and on all instances together.

    allowance = Allowance(chat.limiter, per_minute=1200)
    await allowance.take(account.id)          # TooMany: the error of the acknowledgement; the connection stays

Counted as requests are, in Redis; but a question to Redis for each event would cost as much as the event. Whoever asks
again within a second has several counted at once, and most events then find that they are paid for. Events that come
while Redis is asked for their account have one counted each: many at once would empty the burst. A refusal is
remembered until it is over: who floods costs a look into a dictionary.
"""

import math
import time
from collections.abc import Callable
from typing import Final

from chorus.chat.domain.errors import TooMany
from chorus.chat.domain.limits import Limit, events
from chorus.chat.limits.contract import Limiter

_SHARE: Final = 32
"""A burst in so many parts: each is counted at once."""

_LASTS: Final = 5.0
"""Seconds that what is paid for may be used; an instance that an account has left keeps nothing of it."""

_AGAIN: Final = 1.0
"""Seconds between two questions of an account that asks often."""

_MOST: Final = 50_000
"""Accounts that are remembered; beyond, those that were counted longest ago are forgotten."""


class _Purse:
    """Of one account."""

    __slots__ = ("asked_at", "asking", "paid", "refused_until")

    def __init__(self) -> None:
        self.asked_at = -math.inf
        self.asking = 0
        """Questions that are under way."""

        self.paid = 0
        self.refused_until = -math.inf


class Allowance:
    """Of this instance's connections."""

    def __init__(self, limiter: Limiter, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: per_minute: events of one account, a quarter of them at once; 0: any number."""
        self._limiter = limiter
        self._limit = events(per_minute) if per_minute else None
        self._clock = clock
        self._purses: dict[int, _Purse] = {}

    async def take(self, account_id: int) -> None:
        """Count one event.

        Raises:
            TooMany: there were too many; it says when the next is allowed.
        """
        if self._limit is None:
            return
        now = self._clock()
        purse = self._purse(account_id)
        if now < purse.refused_until:
            raise _too_many(purse.refused_until - now)
        if purse.paid and now - purse.asked_at < _LASTS:
            purse.paid -= 1
            return
        often = now - purse.asked_at < _AGAIN and not purse.asking
        purse.asked_at, purse.paid = now, 0
        purse.asking += 1
        try:
            paid = await self._ask(self._limit, account_id, max(1, self._limit.burst // _SHARE) if often else 1)
        except TooMany as refused:
            purse.refused_until = now + refused.retry_after
            raise
        finally:
            purse.asking -= 1
        purse.paid += paid

    async def _ask(self, limit: Limit, account_id: int, count: int) -> int:
        """Count so many, or one; how many that pays for besides the one."""
        verdict = await self._limiter.take(limit, str(account_id), count=count)
        if not verdict.allowed and count > 1:
            count = 1
            verdict = await self._limiter.take(limit, str(account_id))
        if not verdict.allowed:
            raise _too_many(verdict.retry_after)
        return count - 1

    def _purse(self, account_id: int) -> _Purse:
        """The account's, moved to the end of those that may be forgotten."""
        purse = self._purses.pop(account_id, None) or _Purse()
        self._purses[account_id] = purse
        if len(self._purses) > _MOST:
            del self._purses[next(iter(self._purses))]
        return purse


def _too_many(seconds: float) -> TooMany:
    return TooMany(f"Too many events; try again in {math.ceil(seconds)} s", retry_after=seconds)

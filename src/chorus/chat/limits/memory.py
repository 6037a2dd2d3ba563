"""Limits of one process."""

import time
from collections.abc import Callable

from chorus.chat.domain.limits import Limit, Verdict, decide


class MemoryLimiter:
    """Remembers at most `most` keys; beyond, those that were used longest ago are forgotten."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most: int = 100_000) -> None:
        self._clock = clock
        self._most = most
        self._due: dict[tuple[str, str], float] = {}

    async def take(self, limit: Limit, key: str, *, count: int = 1) -> Verdict:
        """Take one, or `count`."""
        due, verdict = decide(limit, due=self._due.pop((limit.name, key), 0.0), now=self._clock(), count=count)
        self._due[limit.name, key] = due
        if len(self._due) > self._most:
            del self._due[next(iter(self._due))]
        return verdict

    async def give_back(self, limit: Limit, key: str) -> None:
        """Have one not count."""
        if (limit.name, key) in self._due:
            self._due[limit.name, key] -= limit.interval

    async def close(self) -> None:
        """Nothing is open."""

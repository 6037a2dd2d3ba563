"""Counts what is done against what may be.

    verdict = await limiter.take(FAILED_BY_ACCOUNT, "ada")
    if not verdict.allowed: ...                             # again in verdict.retry_after seconds
    await limiter.give_back(FAILED_BY_ACCOUNT, "ada")       # it was none after all

Never fails: what cannot be counted for all instances is counted here.
"""

from typing import Protocol

from chorus.chat.domain.limits import Limit, Verdict


class Limiter(Protocol):
    """Every adapter passes tests/contracts/test_limiter.py."""

    async def take(self, limit: Limit, key: str, *, count: int = 1) -> Verdict:
        """Take one for `key`, or `count` and not fewer, if that is allowed."""
        ...

    async def give_back(self, limit: Limit, key: str) -> None:
        """Have one that was taken not count."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...

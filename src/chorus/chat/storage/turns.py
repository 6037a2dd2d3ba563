"""Turns at a few connections, in the order in which they were asked for.

Nobody passes those who wait, not even a task that gives its connection back and asks again at once: on a busy server
tasks of many steps would pass those of one until these give up, as they do in SQLAlchemy's pool.

    turns = Turns(9, within=5.0)
    async with turns:
        ...                     # at most nine are here at a time
"""

import asyncio

from sqlalchemy.exc import TimeoutError as CheckoutTimeout


class Turns:
    """Args:
    count: how many may have one at a time.
    within: seconds after which nobody waits any longer.
    """

    def __init__(self, count: int, *, within: float) -> None:
        self._free = asyncio.Semaphore(count)
        self._within = within

    async def __aenter__(self) -> None:
        """Wait for one; raises SQLAlchemy's TimeoutError, as its pool does."""
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(self._within):
                await self._free.acquire()
        except TimeoutError as error:
            raise CheckoutTimeout(f"no turn came within {self._within:g} s") from error

    async def __aexit__(self, *_exception: object) -> None:
        """Let the next one have it."""
        self._free.release()

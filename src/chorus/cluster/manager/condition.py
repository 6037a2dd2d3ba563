"""Waiting until something has come to be so, where whoever changes it says that something changed.

condition = Condition()
await condition.until(lambda: not application.leaving)      # here
condition.notify()                                          # there
"""

import asyncio
from collections.abc import Callable


class Condition:
    """As asyncio's, without its lock: all of the manager runs in one thread, and looks between two awaits."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Something changed: wake all that wait."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    async def wait(self, deadline: float | None = None) -> None:
        """Wait until something changes, or the deadline is over, in seconds of the event loop's clock."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            async with asyncio.timeout_at(deadline):
                await waiting
        except TimeoutError:  # the caller looks at the time itself
            pass
        finally:
            self._waiting.discard(waiting)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; it is looked at after every change."""
        while not holds():
            await self.wait()

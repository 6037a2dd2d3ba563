"""Keeping the search index near the end of the logs, beside everything else."""

import asyncio
from typing import TYPE_CHECKING

from chorus.chat.actions.routine import Routine

if TYPE_CHECKING:
    from chorus.chat.actions.chat import Chat

PAUSE = 0.3
"""Seconds in which new lines are gathered, and the database has its time for others."""

BREATH = 3.0
"""Times as long as a part took that nothing is indexed after it: who sends comes first, and finds may come later.
At most a SWEEP, as what takes long may have waited for a database that stood still."""

SWEEP = 15.0
"""Seconds between two looks at all channels: for what an instance wrote that is gone now."""


class Indexer(Routine):
    """One instance's part in it; what it leaves is found by the next one that looks."""

    title = "search: bringing the index up to date"
    again = SWEEP

    def __init__(self, chat: "Chat") -> None:
        self._store = chat.store
        self._grown = chat.grown

    async def round(self) -> None:
        """Index what there is, and wait for more."""
        await self._catch_up()
        await self._wait()

    async def _catch_up(self) -> None:
        self._grown.clear()
        loop = asyncio.get_running_loop()
        began = loop.time()
        while await self._store.index() > 0:
            await asyncio.sleep(min(BREATH * (loop.time() - began), SWEEP))
            began = loop.time()

    async def _wait(self) -> None:
        """Until logs grew here and a little more was gathered, or it is time to look whether they grew elsewhere."""
        try:
            async with asyncio.timeout(SWEEP):
                await self._grown.wait()
        except TimeoutError:
            return
        await asyncio.sleep(PAUSE)

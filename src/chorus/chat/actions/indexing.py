"""Keeping the search index near the end of the logs, beside everything else."""

import asyncio
import logging
from typing import TYPE_CHECKING

from chorus.chat.domain.errors import Unavailable

if TYPE_CHECKING:
    from chorus.chat.actions.chat import Chat

logger = logging.getLogger(__name__)

PAUSE = 0.3
"""Seconds in which new lines are gathered, and the database has its time for others."""

SWEEP = 15.0
"""Seconds between two looks at all channels: for what an instance wrote that is gone now."""


class Indexer:
    """One instance's part in it."""

    def __init__(self, chat: "Chat") -> None:
        self._store = chat.store
        self._grown = chat.grown
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with whatever is behind."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop; what is not indexed is found by the next one that looks."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._catch_up()
                await self._wait()
            except Unavailable as error:
                logger.warning("search: the index is brought up to date later: %s", error)
                await asyncio.sleep(SWEEP)
            except Exception:  # a fault of ours must not end the indexing of everything else for ever
                logger.exception("search: indexing failed; trying again")
                await asyncio.sleep(SWEEP)

    async def _catch_up(self) -> None:
        self._grown.clear()
        while await self._store.index() > 0:
            pass

    async def _wait(self) -> None:
        """Until logs grew here and a little more was gathered, or it is time to look whether they grew elsewhere."""
        try:
            async with asyncio.timeout(SWEEP):
                await self._grown.wait()
        except TimeoutError:
            return
        await asyncio.sleep(PAUSE)

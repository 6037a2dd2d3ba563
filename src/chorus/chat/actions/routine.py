"""Work that an instance does beside everything else, round after round, for as long as it runs.

    class Tidying(Routine):
        title = "files: tidying"
        again = 300.0

        async def round(self) -> None:
            ...                       # the work, and then the rest until the next round

Whatever a round fails of is told, and ends neither the routine nor the instance.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import ClassVar

from chorus.chat.domain.errors import Unavailable

_log = logging.getLogger(__name__)


class Routine(ABC):
    """Round after round, from `start` to `close`."""

    title: ClassVar[str]
    """What it does, for the log."""

    again: ClassVar[float]
    """Seconds until the next round when one has failed."""

    _task: asyncio.Task[None] | None = None

    @abstractmethod
    async def round(self) -> None:
        """Do what there is to do, and rest.

        Raises:
            Unavailable: the database or another service is away.
        """

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop; what is left is found by whoever looks next, this instance or another."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self.round()
            except Unavailable as error:
                _log.warning("%s is put off: %s", self.title, error)
                await asyncio.sleep(self.again)
            except Exception:  # noqa: BLE001 - a fault of ours, told; the next round is as likely to go well
                _log.exception("%s failed; it is tried again", self.title)
                await asyncio.sleep(self.again)

"""A log that may be away: asked by few at a time, never waited for without end, its trouble said once."""

import asyncio
import logging
from collections.abc import Collection

from chorus.realtime.log.contract import EntriesGone, Entry, ReadableLog

_log = logging.getLogger(__name__)


class LogAway(Exception):
    """It did not answer, or not in time. Ask later."""


class PatientLog:
    """A ReadableLog whose errors, but EntriesGone, are all LogAway: by the contract they mean "not now"."""

    def __init__(self, log: ReadableLog, *, readers: int, timeout: float) -> None:
        """Args: readers: reads at the same time; timeout: seconds after which a question has failed."""
        self._log = log
        self._readers = asyncio.Semaphore(readers)
        self._timeout = timeout
        self._troubled = False

    async def read(self, room: str, after: int, limit: int) -> list[Entry]:
        """As ReadableLog.read; waits for its turn."""
        try:
            async with self._readers, asyncio.timeout(self._timeout):
                entries = await self._log.read(room, after, limit)
        except EntriesGone:
            raise
        except Exception as error:
            raise self._away(error) from error
        self._back()
        return entries

    async def positions(self, rooms: Collection[str]) -> dict[str, int]:
        """As ReadableLog.positions."""
        try:
            async with asyncio.timeout(self._timeout):
                positions = await self._log.positions(rooms)
        except Exception as error:
            raise self._away(error) from error
        self._back()
        return positions

    def _away(self, error: Exception) -> LogAway:
        if not self._troubled:
            self._troubled = True
            _log.error("the log of the durable rooms cannot be read, trying again: %r", error)
        return LogAway(repr(error))

    def _back(self) -> None:
        if self._troubled:
            self._troubled = False
            _log.warning("the log of the durable rooms can be read again")


class Pause:
    """Waits that double, from `first` to `longest` seconds."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    async def wait(self) -> None:
        """Wait, and longer the next time."""
        seconds, self._next = self._next, min(self._next * 2, self._longest)
        await asyncio.sleep(seconds)

    def reset(self) -> None:
        """It worked: begin with the first again."""
        self._next = self._first

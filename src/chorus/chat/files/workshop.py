"""Has pictures prepared by processes of their own (picture.py), a few at a time."""

import asyncio
import logging
import sys

import msgspec

from chorus.chat.domain.errors import Unavailable
from chorus.chat.files.contract import Picture

logger = logging.getLogger(__name__)

AT_ONCE = 2
MOST_WAITING = 20
PATIENCE = 40.0
"""Seconds for one picture, on a machine that is busy."""


class Workshop:
    """One instance's."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def prepare(self, source: str, clean: str, preview: str) -> Picture | None:
        """Prepare a picture; None when it is none that can be shown.

        Raises:
            Unavailable: too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise Unavailable("Too many pictures at this moment; try again")
        self._waiting += 1
        try:
            async with self._places:
                return await self._run(source, clean, preview)
        finally:
            self._waiting -= 1

    async def _run(self, *paths: str) -> Picture | None:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "chorus.chat.files.picture", *paths,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE):
                said, trouble = await child.communicate()
        except TimeoutError:
            said, trouble = b"", b"it took too long"
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode != 0:
            logger.info("a picture cannot be shown: %s", trouble[-200:].decode(errors="replace").strip())
            return None
        return msgspec.json.decode(said, type=Picture)

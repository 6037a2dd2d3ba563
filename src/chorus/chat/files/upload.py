"""A file on its way in: written to a temporary one as it comes, with a bound."""

import asyncio
import os
import shutil
import stat
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from chorus.chat.domain.errors import TooLarge, TooMany
from chorus.chat.files.contract import PART, BlobsUnavailable

MOST_UNDER_WAY = 20
"""Uploads of one account at a time, in an instance: what came of them lies on its disk."""

_PREFIX = "chorus-upload-"

LEFT = 24 * 60 * 60.0
"""Seconds after which a temporary folder to which nothing came is nobody's any more."""


class Uploads:
    """How many are under way, by account."""

    def __init__(self) -> None:
        self._under_way = Counter[int]()

    @contextmanager
    def place(self, account: int) -> Generator[None]:
        """One of the account's.

        Raises:
            TooMany: all are taken.
        """
        if self._under_way[account] >= MOST_UNDER_WAY:
            raise TooMany(f"{MOST_UNDER_WAY} uploads of yours are under way; wait for one of them", retry_after=1)
        self._under_way[account] += 1
        try:
            yield
        finally:
            self._under_way[account] -= 1
            self._under_way += Counter()  # those who have none any more are forgotten


class Upload:
    """`async with Upload(limit) as upload: await upload.write(b"…")`; gone afterwards."""

    def __init__(self, limit: int) -> None:
        """Take the bound, in bytes."""
        self.size = 0
        self._limit = limit
        self._waiting = bytearray()
        self._folder: tempfile.TemporaryDirectory[str]

    @property
    def path(self) -> str:
        """The temporary file; complete after `finish`."""
        return os.path.join(self._folder.name, "source")

    def beside(self, name: str) -> str:
        """Another path in the same temporary folder."""
        return os.path.join(self._folder.name, name)

    async def write(self, part: bytes | bytearray) -> None:
        """Take the next part.

        Raises:
            TooLarge: with it the file is.
            BlobsUnavailable: the disk is full.
        """
        self.size += len(part)
        if self.size > self._limit:
            raise TooLarge(f"file: expected at most {self._limit} bytes")
        self._waiting += part
        if len(self._waiting) >= PART:
            await self._flush()

    async def finish(self) -> bytes:
        """The end is reached: have all of it in the file; gives the first 4 KiB."""
        await self._flush()
        return await asyncio.to_thread(self._head)

    async def __aenter__(self) -> Self:
        self._folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix=_PREFIX)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._folder.cleanup)

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, bytearray()
        try:
            await asyncio.to_thread(self._append, waiting)
        except OSError as error:
            raise BlobsUnavailable(f"{self._folder.name}: {error}") from error

    def _append(self, part: bytearray) -> None:
        with open(self.path, "ab") as file:
            file.write(part)

    def _head(self) -> bytes:
        with open(self.path, "rb") as file:
            return file.read(4096)


def tidy() -> None:
    """Remove what instances that were killed left of uploads: temporary folders of ours that nobody writes to."""
    before = time.time() - LEFT
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            found = folder.lstat()
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
            if ours and max(found.st_mtime, *(each.stat().st_mtime for each in folder.iterdir()), 0) < before:
                shutil.rmtree(folder)
        except OSError:  # another instance was at it; what cannot be removed lies there until the next look
            continue

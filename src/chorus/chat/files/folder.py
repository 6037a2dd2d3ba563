"""Files in a folder of this machine, or one that several machines share. The work is done in threads."""

import asyncio
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

from chorus.chat.files.contract import PART, BlobsUnavailable

HALF = ".new"
"""How the name of a copy ends that is not whole yet."""

LEFT = 24 * 60 * 60.0
"""Seconds after which a half is nobody's any more."""


class FolderBlobs:
    """256 folders, by the first two characters of a key, so that none of them grows without measure."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    async def put(self, key: str, path: str) -> None:
        """Copy, write through to the disk, and rename into place."""
        try:
            await asyncio.to_thread(self._put, key, path)
        except OSError as error:
            raise BlobsUnavailable(f"{self._folder}: {error}") from error

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Part by part."""
        try:
            with await asyncio.to_thread(open, self._path(key), "rb") as file:
                file.seek(start)
                left = (end - start) if end is not None else None
                while left is None or left > 0:
                    part = await asyncio.to_thread(file.read, PART if left is None else min(PART, left))
                    if not part:
                        return
                    left = None if left is None else left - len(part)
                    yield part
        except FileNotFoundError:
            raise
        except OSError as error:
            raise BlobsUnavailable(f"{self._folder}: {error}") from error

    async def delete(self, key: str) -> None:
        """Unlink it."""
        try:
            await asyncio.to_thread(os.unlink, self._path(key))
        except FileNotFoundError:  # somebody else was at it: it is gone, as was asked
            return
        except OSError as error:
            raise BlobsUnavailable(f"{self._folder}: {error}") from error

    async def tidy(self) -> None:
        """Unlink halves that nobody has written to for a day: whoever did is gone."""
        try:
            await asyncio.to_thread(self._tidy)
        except OSError as error:
            raise BlobsUnavailable(f"{self._folder}: {error}") from error

    def _tidy(self) -> None:
        before = time.time() - LEFT
        for half in Path(self._folder).glob(f"??/*{HALF}"):
            try:
                if half.stat().st_mtime < before:
                    half.unlink()
            except FileNotFoundError:  # another instance was at it, or it is whole by now
                continue

    def _put(self, key: str, path: str) -> None:
        place = self._path(key)
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        half = f"{place}.{secrets.token_hex(4)}{HALF}"
        try:
            with (
                open(path, "rb") as source,
                open(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as copy,
            ):
                shutil.copyfileobj(source, copy, PART)
                copy.flush()
                os.fsync(copy.fileno())
            os.replace(half, place)
        except OSError:
            if os.path.exists(half):
                os.unlink(half)
            raise

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, key[:2], key)

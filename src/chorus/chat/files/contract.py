"""Where the content of files lies.

    blobs = open_blobs("file:///srv/chorus/files")              # or s3://bucket/prefix
    await blobs.put("0f3a…", "/tmp/upload")                     # whole, or not at all
    async for part in blobs.read("0f3a…", 0, None): ...
    await blobs.delete("0f3a…")

Keys are hexadecimal words, with a suffix. Every adapter passes tests/contracts/test_blobs.py.
"""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from chorus.chat.domain.errors import Unavailable

PART = 256 * 1024
"""Bytes that are read at once."""

PREVIEW = ".preview"
"""The suffix of the key of a picture's small one."""


class BlobsUnavailable(Unavailable):
    """Files cannot be read or written at the moment.

    Args:
        reason: for operators, in the log.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("the server cannot reach its files; try again in a moment")
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class Picture(msgspec.Struct, frozen=True):
    """What was found out about a picture that can be shown."""

    width: int
    """Pixels."""

    height: int
    preview: bool
    """Whether a small one was made; a small picture needs none."""


class Blobs(Protocol):
    """Raises BlobsUnavailable when the place is away or full. Safe for any number of tasks."""

    async def put(self, key: str, path: str) -> None:
        """Keep a copy of the local file `path` under the key; readers see all of it or nothing."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`; raises FileNotFoundError at its first part when there are none."""
        ...

    async def delete(self, key: str) -> None:
        """Forget what is under the key, if anything."""
        ...

    async def tidy(self) -> None:
        """Take away what a crash left of a `put` more than a day ago; every instance does it hourly."""
        ...

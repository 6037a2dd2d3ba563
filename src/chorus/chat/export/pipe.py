"""From whoever writes an archive to whoever takes it away, no faster than that.

    pipe = Pipe()
    with Archive(pipe) as archive:                  # in a task: writes, and waits in `drain` between two parts
        ...
    await pipe.end()
    async for part in pipe: ...                     # in another

What lies between the two has a bound: a part, and what is written before the next `drain`.
"""

import asyncio
from collections.abc import AsyncIterator

from chorus.chat.domain.errors import Unavailable

PART = 256 * 1024
"""Bytes that are given on at once; fewer wait for more."""

PATIENCE = 60.0
"""Seconds for which a part waits for a reader who takes nothing."""


class ReaderStalled(Unavailable):
    """Nobody took anything for too long."""


class Pipe:
    """One writer and one reader, on one event loop; `write` alone may be called in a thread, while nobody drains."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        """`patience`: seconds for which a reader may take nothing."""
        self._patience = patience
        self._written: list[bytes] = []
        self._size = 0
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)

    def write(self, data: bytes) -> int:
        """Take over some bytes; as a file's, but there is no way back in it."""
        self._written.append(bytes(data))
        self._size += len(data)
        return len(data)

    def flush(self) -> None:
        """As a file's: parts go on when they are large enough."""

    async def drain(self) -> None:
        """Give on what was written, if it is a part, and wait until the one before was taken.

        Raises:
            ReaderStalled: it was not.
        """
        if self._size >= PART:
            await self._give(self._take())

    async def end(self) -> None:
        """Give on the rest; nothing follows.

        Raises:
            ReaderStalled: what came before was not taken.
        """
        if self._size:
            await self._give(self._take())
        await self._give(None)

    def break_off(self) -> None:
        """Nothing follows, not even what was not taken yet; after `end` it changes nothing."""
        if self._parts.full():
            self._parts.get_nowait()
        self._parts.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The parts, until nothing follows; the writer knows whether that was the end."""
        while (part := await self._parts.get()) is not None:
            yield part

    def _take(self) -> bytes:
        part = b"".join(self._written)
        self._written.clear()
        self._size = 0
        return part

    async def _give(self, part: bytes | None) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._parts.put(part)
        except TimeoutError:
            raise ReaderStalled(f"nobody took anything for {self._patience:g} s") from None

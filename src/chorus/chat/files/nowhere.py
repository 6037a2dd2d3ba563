"""For a chat without a place for files: every call says so."""

from collections.abc import AsyncIterator

from chorus.chat.files.contract import BlobsUnavailable


class NoBlobs:
    """Nothing can be kept, and nothing is there."""

    async def put(self, key: str, path: str) -> None:
        """Refuse."""
        raise BlobsUnavailable(f"there is no place for {key}")

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Find nothing."""
        raise FileNotFoundError(key)
        yield b""

    async def delete(self, key: str) -> None:
        """Nothing is there to be forgotten."""

    async def tidy(self) -> None:
        """Nothing is there to be left."""

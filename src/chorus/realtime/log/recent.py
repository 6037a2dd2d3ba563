"""The last entries of a room as they go to clients, so that a storm of reconnecting clients does not reach the log."""

from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

F = TypeVar("F")
"""What is kept of an entry: the frame that clients get."""


class Recent(Generic[F]):
    """A run of frames without gaps that ends at the room's position; bounded in number and bytes."""

    def __init__(self, *, frames: int, size: int) -> None:
        """Args: frames: how many are kept; size: bytes of entries that are kept."""
        self._most_frames = frames
        self._most_bytes = size
        self._kept: deque[tuple[int, F, int]] = deque()
        self._bytes = 0

    def add(self, seq: int, frame: F, size: int) -> None:
        """Add the entry just released; after a jump in seq what was kept before is let go."""
        if self._kept and self._kept[-1][0] != seq - 1:
            self.clear()
        self._kept.append((seq, frame, size))
        self._bytes += size
        while len(self._kept) > self._most_frames or self._bytes > self._most_bytes:
            self._bytes -= self._kept.popleft()[2]

    def put_before(self, page: Sequence[tuple[int, F, int]], *, position: int) -> None:
        """Add older entries that were read from the log, ascending without gaps, as far as they join on and fit."""
        first = self._kept[0][0] if self._kept else position + 1
        for seq, frame, size in reversed(page):
            if seq >= first:
                continue
            if seq != first - 1 or len(self._kept) >= self._most_frames or self._bytes + size > self._most_bytes:
                return
            self._kept.appendleft((seq, frame, size))
            self._bytes += size
            first = seq

    def after(self, seq: int) -> list[tuple[int, F]] | None:
        """Everything that follows `seq`, at least one entry; None when it is not all here."""
        if not self._kept or not self._kept[0][0] <= seq + 1 <= self._kept[-1][0]:
            return None
        skip = seq + 1 - self._kept[0][0]
        return [(kept, frame) for index, (kept, frame, _) in enumerate(self._kept) if index >= skip]

    def clear(self) -> None:
        """Let everything go."""
        self._kept.clear()
        self._bytes = 0

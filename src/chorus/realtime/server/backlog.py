"""What is written to a peer while nothing may go out to it: before it is let in, and while its socket moves.

backlog = Backlog()
client.write = backlog.add
...
write(backlog.taken())        # all of it, in its order
"""


class Backlog:
    """Frames in the order in which they were written, and how much they are."""

    __slots__ = ("_frames", "size")

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self.size = 0
        """Bytes."""

    def add(self, frames: bytes) -> None:
        """Keep what was written."""
        self._frames.append(frames)
        self.size += len(frames)

    def taken(self) -> bytes:
        """All that was kept; nothing is kept any more."""
        frames = b"".join(self._frames)
        self._frames.clear()
        self.size = 0
        return frames

"""What was published and not sent: in order, bounded in bytes and age; the oldest is given up first."""

from collections import deque

from chorus.realtime.backplane.parcel import pack


class Outgoing:
    """A queue of (channel, message). `dropped` counts what was given up."""

    def __init__(self, *, size: int, age: float) -> None:
        """Args: size: bytes that may wait; age: seconds that a message may wait."""
        self.dropped = 0
        self._most_bytes = size
        self._longest = age
        self._queue: deque[tuple[float, str, bytes]] = deque()
        self._bytes = 0

    def put(self, channel: str, message: bytes, *, now: float) -> None:
        """Add a message; the oldest give way when there are too many bytes."""
        self._queue.append((now, channel, message))
        self._bytes += len(channel) + len(message)
        while self._bytes > self._most_bytes:
            self._give_up_oldest()

    def take(self, identity: bytes, *, parcel: int) -> list[tuple[str, bytes]]:
        """Everything as (channel, parcel), in order: what went to one channel in a row shares up to `parcel` bytes."""
        parcels: list[tuple[str, bytes]] = []
        run: list[bytes] = []
        run_channel, run_bytes = "", 0
        for _, channel, message in self._queue:
            if run and (channel != run_channel or run_bytes + len(message) > parcel):
                parcels.append((run_channel, pack(identity, run)))
                run, run_bytes = [], 0
            run_channel = channel
            run.append(message)
            run_bytes += len(message)
        if run:
            parcels.append((run_channel, pack(identity, run)))
        self._queue.clear()
        self._bytes = 0
        return parcels

    def give_up_old(self, *, now: float) -> None:
        """Give up what waited too long."""
        while self._queue and now - self._queue[0][0] > self._longest:
            self._give_up_oldest()

    def give_up(self) -> None:
        """Give up everything."""
        while self._queue:
            self._give_up_oldest()

    @property
    def waiting(self) -> int:
        """Bytes of channels and messages; 0: nothing waits."""
        return self._bytes

    def _give_up_oldest(self) -> None:
        _, channel, message = self._queue.popleft()
        self._bytes -= len(channel) + len(message)
        self.dropped += 1

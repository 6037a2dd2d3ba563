"""How durable rooms of a namespace read, remember and send."""

import msgspec

from chorus.realtime.log.follower import Patience


class DurableSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds, sizes in bytes."""

    interval: float = 2.0
    """Between two comparisons of our positions with the log's."""

    linger: float = 30.0
    """A room without followers is remembered so long."""

    burst: int = 32_768
    """A client that is catching up is sent so much in one write; then the others have their turn."""

    drain: float = 0.01
    """Between two looks whether a congested client's socket took what it was sent; doubles up to `longest_drain`."""

    longest_drain: float = 0.25

    readers: int = 8
    """Reads of the log at the same time; of one room there is only one."""

    read_timeout: float = 10.0
    """A read or a query that takes longer has failed."""

    retry: float = 0.05
    """Wait after a failed read or query; doubles up to `longest_retry`."""

    longest_retry: float = 2.0
    recent_frames: int = 100
    """Entries kept in memory a room, for clients that come back."""

    recent_bytes: int = 65_536
    largest_hint: int = 65_536
    """Larger entries are announced by their number alone and read by whoever needs them."""

    order: Patience = Patience()

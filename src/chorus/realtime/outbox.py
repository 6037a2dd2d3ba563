"""What happens to a consumer that reads slower than it is sent to.

What a socket did not take yet waits in its transport's write buffer: that is the client's outbox, and this module
decides how long and how full it may stay. Up to `high_mark` nobody looks. Above it the client is congested; it is cut
off when it stays so for `patience` seconds or when more than `bound` bytes wait, and resumes with a new session.

    outbox = Outbox(OutboxLimits(), now=12.0)        # when the transport says: above the high mark
    outbox.judge(waiting=200_000, now=12.5)          # None: let it be
    outbox.judge(waiting=200_000, now=32.0)          # "slow consumer: above 65536 bytes for 20 s, allowed 20 s"

The bytes themselves are shared between the members of a room, so a congested client costs less than it holds.
"""

import msgspec


class OutboxLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much may wait for one socket."""

    high_mark: int = 64 * 1024
    """Bytes; above it the socket is congested and looked at."""

    bound: int = 4 * 1024 * 1024
    """Bytes; above it the socket is cut off at once."""

    patience: float = 20.0
    """Seconds a socket may stay congested."""


class Outbox:
    """One congested socket: made when it went above the high mark, dropped when it came down again."""

    __slots__ = ("_limits", "_since")

    def __init__(self, limits: OutboxLimits, *, now: float) -> None:
        self._limits = limits
        self._since = now

    def judge(self, *, waiting: int, now: float) -> str | None:
        """Say why the socket must be cut off, or None to leave it.

        Args:
            waiting: bytes in the transport's write buffer.
            now: monotonic seconds.
        """
        if waiting > self._limits.bound:
            return f"slow consumer: {waiting} bytes wait, allowed {self._limits.bound}"
        stuck = now - self._since
        if stuck >= self._limits.patience:
            return (
                f"slow consumer: above {self._limits.high_mark} bytes for {stuck:.0f} s, "
                f"allowed {self._limits.patience:.0f} s"
            )
        return None

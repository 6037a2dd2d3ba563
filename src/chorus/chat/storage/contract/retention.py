"""What the chat asks of its database about how long messages are kept."""

from collections.abc import Sequence
from typing import Protocol

from chorus.chat.domain.audit import Record
from chorus.chat.domain.channels import Channel


class RetentionStore(Protocol):
    """Rules for it, and the sweep that keeps them."""

    async def retention(self) -> int:
        """Days for which messages are kept where a channel says nothing else; 0: for ever."""
        ...

    async def set_retention(self, days: int, *, audit: Sequence[Record] = ()) -> None:
        """Keep messages so long where a channel says nothing else."""
        ...

    async def set_channel_retention(
        self, channel_id: int, days: int | None, *, audit: Sequence[Record] = ()
    ) -> Channel:
        """Keep messages of the channel so long, None: as the server says; the channel as seen from outside."""
        ...

    async def claim_sweep(self, *, at: int, period: int) -> int | None:
        """The time of which it is this instance's turn to look for what is too old, once in `period` milliseconds.

        None: it is not. A time before `at`: of a clock that jumped ahead a day is believed (`domain.retention`).
        """
        ...

    async def expiring(self, *, at: int) -> Sequence[tuple[int, int]]:
        """The channels in which something may be too old at `at`, each with the time before which everything is."""
        ...

    async def expire(self, channel_id: int, *, before: int, limit: int) -> int:
        """Take away the first entries of the log, up to `limit`, as far as they are older; how many those were."""
        ...

"""What the chat asks of its database about how much there is of everything."""

from collections.abc import Mapping
from typing import Protocol

import msgspec


class Stats(msgspec.Struct, frozen=True):
    """How much there is of everything."""

    accounts: Mapping[str, int]
    """By role, those in use."""

    deactivated: int
    channels: Mapping[str, int]
    """By kind."""

    entries: int
    """Lines of all logs: messages and what changed them."""

    messages: int
    """Posted, deleted ones too."""

    files: int
    file_bytes: int
    sessions: int
    """Of devices that are signed in."""

    newest: int | None
    """When something was said last: milliseconds since 1970."""

    database_bytes: int


class StatsStore(Protocol):
    """Figures for those who run the server."""

    async def stats(self, *, at: int) -> Stats:
        """How much there is of everything; counts all messages, which takes its time."""
        ...

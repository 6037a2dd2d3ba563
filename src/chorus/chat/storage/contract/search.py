"""What the chat asks of its database when somebody searches."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from chorus.chat.domain.entries import Entry
from chorus.chat.domain.search import Search


class Place(msgspec.Struct, frozen=True):
    """A position among what was found: what comes after it is older."""

    at: int
    """Milliseconds since 1970."""

    id: int


class Found(msgspec.Struct, frozen=True):
    """Some of the messages that fit a search."""

    messages: Sequence[Entry]
    """In their present state, newest first."""

    next: Place | None
    """Where to go on; None: there are no more."""


class SearchStore(Protocol):
    """The search index and what is found by it."""

    async def search(self, account_id: int, asked: Search, *, after: Place | None, limit: int) -> Found:
        """The newest messages that fit, of those that were indexed, in channels that the account is in."""
        ...

    async def index(self) -> int:
        """Bring the next lines of logs that it is behind of into the search index.

        Returns how many lines those were; 0 means that it has everything, or that another instance is at it.
        """
        ...

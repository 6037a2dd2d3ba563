"""What differs between the databases, and no more: connections, transactions, trouble, and the append.

A query is written once, as a function of a SQLAlchemy `Connection`. PostgreSQL runs it on an asynchronous connection
(SQLAlchemy's greenlets make the waits), SQLite in a thread of its own: one hop for a whole transaction, not one for
each statement as an asynchronous SQLite driver takes.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from chorus.chat.domain.entries import NewEntry
from chorus.chat.domain.errors import ChatError
from chorus.chat.storage.contract import Appended
from chorus.chat.storage.steps import Steps

T = TypeVar("T")

Work = Callable[[Connection], T]
"""A query or a few, in one transaction."""

Outcome = Appended | ChatError
"""What became of one entry of a batch."""


class Database(Protocol):
    """One instance's connections. Everything raises DatabaseUnavailable while the database is away."""

    async def start(self) -> None:
        """Bring the schema up to date and open a connection."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...

    async def read(self, work: Work[T], *, snapshot: bool = False) -> T:
        """Run reading work; with `snapshot`, all its statements see the same moment."""
        ...

    async def steps(self, steps: Callable[[], Steps[T]], *, writes: bool = False) -> T:
        """Take steps, each of which may be a transaction of its own; `writes` when one of them changes something.

        They may be taken twice: at most one changes anything, and that is the same when it is done again.
        """
        ...

    async def write(self, work: Work[T]) -> T:
        """Run writing work in a transaction that is committed, durably, when this returns."""
        ...

    async def append(self, entries: Sequence[NewEntry]) -> Sequence[Outcome]:
        """Commit the entries in one transaction, and say for each what became of it.

        No two have the same sender and client id. When it raises, nothing is known to be stored; each may be given
        again.
        """
        ...

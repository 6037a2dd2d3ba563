"""Methods of a store that are a query each, in a transaction of its own.

    class Notes(Transactions):
        drafts = reading(queries.list_drafts)      # as `list_drafts`, awaited, and without its connection
        keep_draft = writing(queries.keep_draft)
        newest = stepping(queries.newest)          # of one that is written as steps

So a method has one signature where it is promised, in the contract, and one where it is kept, in the query; the type
checker holds them together.
"""

from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from chorus.chat.domain.audit import Record
from chorus.chat.storage.database import Database, Work
from chorus.chat.storage.queries.audit import record
from chorus.chat.storage.steps import Steps

P = ParamSpec("P")
T = TypeVar("T")

Query = Callable[Concatenate[Connection, P], T]


class Transactions:
    """What such methods need: the database that they run on."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def write_and_record(self, work: Work[T], audit: Sequence[Record]) -> T:
        """Do it and say so in one transaction; what found nothing to do (False) is not said."""

        def both(connection: Connection) -> T:
            done = work(connection)
            nothing = isinstance(done, bool) and not done
            record(connection, () if nothing else audit)
            return done

        return await self.database.write(both)


def reading(
    query: Query[P, T], *, snapshot: bool = False
) -> "Callable[Concatenate[Any, P], CoroutineType[Any, Any, T]]":
    """A method that runs this query; with `snapshot`, all its statements see the same moment."""

    async def method(store: Transactions, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store.database.read(lambda connection: query(connection, *args, **kwargs), snapshot=snapshot)

    return method


def writing(
    query: Query[P, T],
) -> "Callable[Concatenate[Any, P], CoroutineType[Any, Any, T]]":
    """A method that runs this query and commits what it did."""

    async def method(store: Transactions, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store.database.write(lambda c: query(c, *args, **kwargs))

    return method


def stepping(
    query: Callable[P, Steps[T]], *, writes: bool = False
) -> "Callable[Concatenate[Any, P], CoroutineType[Any, Any, T]]":
    """A method that takes the steps of this query; `writes`: as `Database.steps` says."""

    async def method(store: Transactions, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store.database.steps(lambda: query(*args, **kwargs), writes=writes)

    return method

"""Work whose statements need no transaction around them: what it asks, apart from how a database is asked.

    def mark_read(account_id: int, channel_id: int, seq: int) -> Steps[Channel]:
        yield Step(_advance, {"account": account_id, "channel": channel_id, "seq": seq})
        found = yield Step(_joined_one, {"account_id": account_id, "channel_id": channel_id})
        return _one(found)

    channel = await database.steps(lambda: mark_read(7, 3, 12), writes=True)

Work that is given a connection has to run in a greenlet where the driver is asynchronous, as PostgreSQL's is, which
takes as long as two small statements. Steps are taken without one; and in one go on SQLite, in its thread.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection

from chorus.chat.storage.prepared import Prepared

T = TypeVar("T")

Rows = Sequence[Sequence[Any]]
"""They have an index, not names."""


class Step(NamedTuple):
    """One statement; the rows it finds come back."""

    statement: Prepared
    parameters: Mapping[str, Any]


Steps = Generator[Step, Rows, T]


def rows_of(statement: Prepared, parameters: Mapping[str, Any]) -> Steps[Rows]:
    """Work that is one statement."""
    return (yield Step(statement, parameters))


def take(steps: Steps[T], connection: Connection) -> T:
    """Take all of them, on a connection whose driver is waited for."""
    try:
        step = next(steps)
        while True:
            step = steps.send(step.statement.rows(connection, step.parameters))
    except StopIteration as end:
        return end.value

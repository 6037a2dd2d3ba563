"""asyncpg connections: opened for the store and for the migrations, kept for the store, and found out when they died.

To fetch one from SQLAlchemy's pool and to take it back would take as long as a small query: the pool makes a new
`Connection` each time and asks its listeners. So the store keeps the `Connection` itself (`PostgresConnections`).
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.util import await_only, greenlet_spawn

from chorus.chat.storage.prepared import FETCH
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.turns import Turns
from chorus.chat.storage.urls import PostgresUrl

DRIVER_TROUBLE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What is raised of a statement that the driver was given directly."""


class PostgresConnections:
    """At most so many at a time, opened when they are needed and kept while they live.

    Args:
        most: connections.
    """

    def __init__(self, url: PostgresUrl, settings: DatabaseSettings, *, most: int) -> None:
        self._engine = open_engine(
            url,
            settings,
            statement_timeout=settings.statement_timeout,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",  # SQLAlchemy begins no transaction
        )
        self._idle: list[Connection] = []
        """What was used last is used next; what the server lets go of is at the bottom."""

        self.turns = Turns(most, within=settings.checkout_timeout)
        """To be had by whoever uses one."""

    @contextmanager
    def one(self) -> Generator[Connection]:
        """In a greenlet: one that nobody else uses meanwhile; a transaction that is begun on it ends on it.

        Raises:
            OSError, asyncpg.PostgresError, DBAPIError: none can be opened.
        """
        connection = self.take()
        if connection is None:
            self._close_idle()  # they are dead, if there are any
            connection = self._engine.connect()
        try:
            yield connection
        finally:
            if not self.give_back(connection):
                self.give_up(connection)

    def take(self) -> Connection | None:
        """One that lives and is not in use, if there is one: to be given back or given up."""
        if not self._idle or driver_of(self._idle[-1]).is_closed():
            return None
        return self._idle.pop()

    def give_back(self, connection: Connection) -> bool:
        """Keep it for the next; False when it is dead."""
        if connection.invalidated or driver_of(connection).is_closed():
            return False
        if connection.in_transaction():  # so SQLAlchemy takes it, once it has run a statement
            connection.rollback()
        self._idle.append(connection)
        return True

    def give_up(self, connection: Connection) -> None:
        """In a greenlet: close one that is dead, and all that are not in use: it hardly is the only one."""
        _end(connection)
        self._close_idle()

    async def close(self) -> None:
        """Close those that are not in use, and keep none any more."""
        await greenlet_spawn(self._close_idle)

    def _close_idle(self) -> None:
        while self._idle:
            _end(self._idle.pop())


def open_engine(
    url: PostgresUrl, settings: DatabaseSettings, *, statement_timeout: float | None, **pool: Any
) -> Engine:
    """An engine whose connections are such ones; to be used in a greenlet (`sqlalchemy.util.greenlet_spawn`).

    `pool`: options of `create_engine`.
    """

    def creator() -> Any:
        dialect: Any = engine.dialect
        return dialect.dbapi.connect(
            async_creator_fn=lambda: connect(url, settings, statement_timeout=statement_timeout)
        )

    engine = create_engine("postgresql+asyncpg://", creator=creator, execution_options={FETCH: fetch}, **pool)
    return engine


async def connect(url: PostgresUrl, settings: DatabaseSettings, *, statement_timeout: float | None) -> Any:
    """Open a connection whose statements the server cancels after `statement_timeout` seconds, if any.

    A server that is gone without a word is given up a second later.
    """
    limits: dict[str, str] = {}
    if statement_timeout is not None:
        milliseconds = str(int(statement_timeout * 1000))
        limits = {"statement_timeout": milliseconds, "idle_in_transaction_session_timeout": milliseconds}
    return await asyncpg.connect(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - not annotated
        url.dsn,
        timeout=settings.connect_timeout,  # pyright: ignore[reportArgumentType] - taken for an int by its default
        command_timeout=None if statement_timeout is None else statement_timeout + 1,
        server_settings={**url.server_settings, **limits},
    )


def fetch(connection: Connection, statement: str, values: Sequence[Any]) -> Sequence[Any]:
    """Have the driver run a statement (prepared.py)."""
    return await_only(driver_of(connection).fetch(statement, *values))


def driver_of(connection: Connection) -> Any:
    """The driver's connection beneath one that lives."""
    return connection.connection.driver_connection


def _end(connection: Connection) -> None:
    """Close it, whatever state it is in."""
    if not connection.invalidated:
        connection.invalidate()
    connection.close()

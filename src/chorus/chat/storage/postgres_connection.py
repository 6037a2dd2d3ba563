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
    """At most so many at a time, opened when they are needed and kept while they live; to be used in a greenlet.

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
        """One that nobody else uses meanwhile; a transaction that is begun on it ends on it.

        Raises:
            OSError, asyncpg.PostgresError, DBAPIError: none can be opened.
        """
        connection = self._living() or self._engine.connect()
        try:
            yield connection
        finally:
            self._take_back(connection)

    async def close(self) -> None:
        """Close those that are not in use, and keep none any more."""
        await greenlet_spawn(self._close_idle)

    def _living(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not _driver(connection).is_closed():
                return connection
            _end(connection)
        return None

    def _take_back(self, connection: Connection) -> None:
        if connection.invalidated or _driver(connection).is_closed():
            _end(connection)
            self._close_idle()  # it hardly was the only one
            return
        if connection.in_transaction():  # so SQLAlchemy takes it, once it has run a statement
            connection.rollback()
        self._idle.append(connection)

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
    return await_only(_driver(connection).fetch(statement, *values))


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _end(connection: Connection) -> None:
    """Close it, whatever state it is in."""
    if not connection.invalidated:
        connection.invalidate()
    connection.close()

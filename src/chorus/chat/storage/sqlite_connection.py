"""SQLite connections: each thread keeps one, and begins and ends its transactions with the driver itself.

To have SQLAlchemy fetch a connection from its pool, begin and end a transaction and take it back would take twenty
times as long as a small query.
"""

import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from chorus.chat.storage.prepared import FETCH
from chorus.chat.storage.settings import DatabaseSettings

_CHECKPOINT = 4096
"""Pages of 4 KiB in the log ahead (WAL) after which they are written to their places: those of a busy hour are written
there once for many commits."""


class SqliteConnections:
    """Those of some threads to one file.

    Args:
        writes: whether they write; a transaction then takes the file's write lock when it begins.
    """

    def __init__(self, path: str, settings: DatabaseSettings, *, writes: bool) -> None:
        self._engine = _engine(path, settings, writes=writes)
        self._begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        self._here = threading.local()
        self._open: set[Connection] = set()

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """One on this thread's connection: committed at the end, undone when that fails, or what is done in it.

        Raises:
            DBAPIError, sqlite3.Error: the file cannot be opened, or is locked for too long.
        """
        connection = getattr(self._here, "connection", None) or self._connect()
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute(self._begin)
            yield connection
            if connection.in_transaction():  # so SQLAlchemy takes it, once it has run a statement
                connection.commit()
            else:
                driver.commit()
        except BaseException:
            self._undo(connection, driver)
            raise

    def close(self) -> None:
        """Close all of them; their threads have ended."""
        while self._open:
            self._open.pop().close()

    def _connect(self) -> Connection:
        connection = self._here.connection = self._engine.connect()
        self._open.add(connection)
        return connection

    def _undo(self, connection: Connection, driver: Any) -> None:
        try:
            connection.rollback()
            driver.rollback()
        except (DBAPIError, sqlite3.Error):  # of no use any more; what went wrong before is what is told
            del self._here.connection
            self._open.discard(connection)
            connection.invalidate()
            connection.close()


def fetch(connection: Connection, statement: str, values: Sequence[Any]) -> Sequence[Any]:
    """Have the driver run a statement (prepared.py)."""
    driver: Any = connection.connection.driver_connection
    return driver.execute(statement, values).fetchall()


def _engine(path: str, settings: DatabaseSettings, *, writes: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=path),
        poolclass=NullPool,
        connect_args={"timeout": settings.busy_timeout, "check_same_thread": False},
        execution_options={FETCH: fetch},
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:  # pyright: ignore[reportUnusedFunction] - registered
        connection.isolation_level = None  # transactions are begun above, not guessed by the driver
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            "journal_size_limit = 67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if writes:
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
        else:
            connection.execute("PRAGMA query_only = ON")

    return engine

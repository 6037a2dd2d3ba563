"""SQLite: a file, one writer at a time on the whole machine, readers beside it (WAL).

Each process has one writing connection in a thread of its own, and a few reading ones; with a limit of one connection
it reads with the writing one. A commit is on the disk when it
returns (synchronous=FULL). Writing transactions begin IMMEDIATE, so that two processes wait for each other at the
beginning, for `busy_timeout` at most, and never fail in the middle.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from chorus.chat.domain.entries import NewEntry
from chorus.chat.domain.errors import DatabaseDamaged, DatabaseUnavailable
from chorus.chat.storage.database import Outcome, Work
from chorus.chat.storage.schema_version import bring_up_to_date
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.sqlite_append import append
from chorus.chat.storage.sqlite_connection import SqliteConnections
from chorus.chat.storage.sqlite_file import make_private
from chorus.chat.storage.steps import Steps, take
from chorus.chat.storage.urls import SqliteUrl

T = TypeVar("T")

_MOST_READERS = 4
"""Reading threads; more of them only wait for each other in Python."""

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_MOST_WAITING = 1000
"""Calls that wait for a thread; a further one is refused."""


class SqliteDatabase:
    """One process's connections to a file."""

    def __init__(self, url: SqliteUrl, settings: DatabaseSettings) -> None:
        self._path = os.path.abspath(url.path)
        self._settings = settings
        readers = min(settings.connection_limit - 1, _MOST_READERS)
        self._writing = _Lane(self._path, settings, threads=1, writes=True)
        self._reading = _Lane(self._path, settings, threads=readers, writes=False) if readers > 0 else self._writing

    async def start(self) -> None:
        """Make the file, and bring the schema up to date.

        Raises:
            FileNotFoundError: its folder is not there; a mistyped path must not make folders anywhere.
        """
        folder = os.path.dirname(self._path)
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"there is no folder {folder} for {os.path.basename(self._path)}")
        make_private(self._path)
        await bring_up_to_date(self, self._settings)

    async def close(self) -> None:
        """Close the connections; what is under way ends first."""
        await self._writing.close()
        await self._reading.close()

    async def read(self, work: Work[T], *, snapshot: bool = False) -> T:
        """Run reading work; a transaction in WAL mode is a snapshot, asked for or not."""
        del snapshot
        return await self._reading.run(work)

    async def steps(self, steps: Callable[[], Steps[T]], *, writes: bool = False) -> T:
        """Take steps, in a thread and one transaction as all work."""
        lane = self._writing if writes else self._reading
        return await lane.run(lambda connection: take(steps(), connection))

    async def write(self, work: Work[T]) -> T:
        """Run writing work when it is this process's turn."""
        return await self._writing.run(work)

    async def append(self, entries: Sequence[NewEntry]) -> Sequence[Outcome]:
        """Commit a batch."""
        return await self._writing.run(lambda connection: append(connection, entries))


class _Lane:
    """Threads and their connections, for one kind of work."""

    def __init__(self, path: str, settings: DatabaseSettings, *, threads: int, writes: bool) -> None:
        self._path = path
        self._name = "writer" if writes else "reader"
        self._timeout = settings.statement_timeout + (settings.busy_timeout if writes else 0.0)
        self._connections = SqliteConnections(path, settings, writes=writes)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"sqlite-{self._name}")
        self._jobs: set[_Job[Any]] = set()
        self._closed = False

    async def run(self, work: Work[T]) -> T:
        """Run the work in a thread, within one transaction, and give it up after the timeout."""
        if self._closed:
            raise DatabaseUnavailable(f"{self._path} is closed")
        if len(self._jobs) >= _MOST_WAITING:
            raise DatabaseUnavailable(f"{len(self._jobs)} calls wait for the {self._name} of {self._path}")
        loop = asyncio.get_running_loop()
        job = _Job(work)
        self._jobs.add(job)
        alarm = loop.call_later(self._timeout, job.interrupt)
        try:
            return await loop.run_in_executor(self._threads, self._do, job)
        finally:
            alarm.cancel()
            self._jobs.discard(job)

    async def close(self) -> None:
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        self._connections.close()

    def _do(self, job: "_Job[T]") -> T:
        try:
            with self._connections.transaction() as connection:
                return job.run(connection)
        except (IntegrityError, sqlite3.IntegrityError):  # a matter of what was written, not of the database
            raise
        except DBAPIError as error:
            raise _failure(self._path, error.orig) from error
        except sqlite3.Error as error:  # of work that speaks to the driver itself, as the append
            raise _failure(self._path, error) from error


class _Job(Generic[T]):
    """Work that the event loop can interrupt, waiting or running."""

    def __init__(self, work: Work[T]) -> None:
        self._work = work
        self._late = False
        self._driver: sqlite3.Connection | None = None

    def run(self, connection: Connection) -> T:
        """In the thread: do the work, unless its time is over already."""
        self._driver = connection.connection.driver_connection
        try:
            if self._late:
                raise DatabaseUnavailable("the database did not answer in time")
            return self._work(connection)
        finally:
            self._driver = None

    def interrupt(self) -> None:
        """In the event loop: end the statement under way; SQLite undoes its transaction."""
        self._late = True
        if (driver := self._driver) is not None:
            driver.interrupt()


def _failure(path: str, error: BaseException | None) -> DatabaseUnavailable:
    """What an error of the driver means: the lowest byte of its code is the kind (https://sqlite.org/rescode.html)."""
    code = getattr(error, "sqlite_errorcode", None)
    damaged = code is not None and code & 0xFF in _DAMAGED
    return (DatabaseDamaged if damaged else DatabaseUnavailable)(f"{path}: {error}")

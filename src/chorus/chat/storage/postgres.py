"""PostgreSQL through asyncpg: never more connections than the limit.

Work runs on SQLAlchemy's engine with its asynchronous dialect, in one greenlet, in which the driver's waits are waited
for; reading work without BEGIN and COMMIT, all other in a transaction of the driver's. Steps, as those that every
request comes by, need neither, and half the processor time. The append, which is one statement, uses the driver's
connection beneath it, and has one of its own: however many read, a send does not queue.
(With a limit of one connection there is one for all.)

`sqlalchemy.ext.asyncio` would wrap that engine in classes that start such greenlets, and brings the ORM with it: 6 MB
in every worker, for nothing that is used here.

When the server goes away, what is under way fails with DatabaseUnavailable, all connections are given up, and the next
call opens new ones. One that died while nobody used it may be found out only in use; so a call that has changed nothing
yet, or may be repeated, is tried again at once. Nothing is asked only to find that out: with the answer
to BEGIN the connection is known to live, and nothing was changed before it.
"""

from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as CheckoutTimeout
from sqlalchemy.util import await_only, greenlet_spawn

from chorus.chat.domain.entries import NewEntry
from chorus.chat.domain.errors import DatabaseUnavailable, Invalid
from chorus.chat.storage.database import Outcome, Work
from chorus.chat.storage.postgres_append import append
from chorus.chat.storage.postgres_connection import DRIVER_TROUBLE, PostgresConnections, driver_of
from chorus.chat.storage.schema_version import bring_up_to_date
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.steps import Steps, take
from chorus.chat.storage.turns import Turns
from chorus.chat.storage.urls import PostgresUrl

T = TypeVar("T")

_AWAY = {"08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX"}
"""Classes of SQLSTATE that are not this call's fault: connection, transaction's state, sign-in, no such database,
rolled back, out of resources, not in the state for it, an operator's doing (shutdown, cancelled), system, internal."""

_STALE_PLAN = "0A000"
"""A statement was prepared before the schema changed; the next attempt prepares it anew."""

_TWICE = "23505"
"""Another instance stored the same client id while we did; the next attempt finds it."""

_NO_CHARACTER = "22021"
"""character_not_in_repertoire: NUL."""

_ATTEMPTS = 3

_TROUBLE = (DBAPIError, CheckoutTimeout, *DRIVER_TROUBLE)


class PostgresDatabase:
    """One process's connections to a server."""

    def __init__(self, url: PostgresUrl, settings: DatabaseSettings) -> None:
        self._url = url
        self._settings = settings
        self._closed = False
        self._usual = PostgresConnections(url, settings, most=max(1, settings.connection_limit - 1))
        self._appending = self._usual
        if settings.connection_limit > 1:
            self._appending = PostgresConnections(url, settings, most=1)

    async def start(self) -> None:
        """Bring the schema up to date."""
        self._closed = False
        await bring_up_to_date(self, self._settings)

    async def close(self) -> None:
        """Close the connections."""
        self._closed = True
        await self._appending.close()
        await self._usual.close()

    async def read(self, work: Work[T], *, snapshot: bool = False) -> T:
        """Run reading work: each statement sees its own moment, or with `snapshot` all see one."""

        def run() -> T:
            with self._usual.one() as connection:
                if not snapshot:
                    return work(connection)
                with _transaction(connection, isolation="repeatable_read"):
                    return work(connection)

        return await self._try(self._usual.turns, lambda: greenlet_spawn(run), again=_always)

    async def steps(self, steps: Callable[[], Steps[T]], *, writes: bool = False) -> T:
        """Take steps, of which each is a transaction of its own."""
        del writes

        def run() -> T:
            with self._usual.one() as connection:
                return take(steps(), connection)

        async def attempt() -> T:
            connection = self._usual.take()
            if connection is None:  # to open one takes a greenlet
                return await greenlet_spawn(run)
            try:
                return await _take(steps(), connection)
            finally:
                if not self._usual.give_back(connection):
                    await greenlet_spawn(self._usual.give_up, connection)

        return await self._try(self._usual.turns, attempt, again=_always)

    async def write(self, work: Work[T]) -> T:
        """Run writing work; a connection found dead before the work began is replaced."""
        begun = False

        def run() -> T:
            nonlocal begun
            with self._usual.one() as connection, _transaction(connection):
                begun = True
                return work(connection)

        return await self._try(
            self._usual.turns,
            lambda: greenlet_spawn(run),
            again=lambda error: not begun or _state(error).startswith("40"),
        )

    async def append(self, entries: Sequence[NewEntry]) -> Sequence[Outcome]:
        """Commit a batch; it may be repeated, because what was stored is known by its client id."""

        def run() -> Sequence[Outcome]:
            with self._appending.one() as connection:
                return await_only(append(driver_of(connection), entries))

        return await self._try(self._appending.turns, lambda: greenlet_spawn(run), again=_always)

    async def _try(self, turns: Turns, run: Callable[[], Awaitable[T]], *, again: Callable[[Exception], bool]) -> T:
        """Run it in its turn, and again when a connection, not the server, may be at fault and `again` allows it."""
        tried = 0
        while not self._closed:
            try:
                async with turns:
                    return await run()
            except _TROUBLE as error:
                if _unstorable(error):
                    raise Invalid("found a number or a character that no row can have") from error
                tried += 1
                if tried < _ATTEMPTS and _curable(error) and again(error):
                    continue
                if _away(error):
                    raise DatabaseUnavailable(f"{self._url.place}: {_reason(error)}") from error
                raise
        raise DatabaseUnavailable(f"{self._url.place} is closed")


async def _take(steps: Steps[T], connection: Connection) -> T:
    """Take all of them, with the driver itself."""
    driver, dialect = driver_of(connection), connection.dialect
    try:
        step = next(steps)
        while True:
            text, values = step.statement.call(dialect, step.parameters)
            step = steps.send(step.statement.read(dialect, await driver.fetch(text, *values)))
    except StopIteration as end:
        return end.value


@contextmanager
def _transaction(connection: Connection, *, isolation: str | None = None) -> Generator[None]:
    """One of the driver's, in the greenlet of whoever works: begun before anything else is asked."""
    driver = driver_of(connection)
    transaction = driver.transaction(isolation=isolation)
    _take_step(connection, transaction.start)
    try:
        yield
    except BaseException:
        if not connection.invalidated and not driver.is_closed():
            _take_step(connection, transaction.rollback)
        raise
    _take_step(connection, transaction.commit)


def _take_step(connection: Connection, step: Callable[[], Awaitable[None]]) -> None:
    """Begin, commit or roll back; a connection on which that failed is in no known state, and not for another use."""
    try:
        await_only(step())
    except BaseException:  # it died; or whoever waits was cancelled
        connection.invalidate()
        raise


def _always(_error: Exception) -> bool:
    return True


def _curable(error: Exception) -> bool:
    """Whether another connection, or another moment, may be all it takes."""
    state = _state(error)
    if isinstance(error, CheckoutTimeout | TimeoutError):
        return False
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or state[:2] in {"08", "40"} or state in {_STALE_PLAN, _TWICE, "57P01"} or _driver_only(error)


def _unstorable(error: Exception) -> bool:
    """A value of the caller's that fits no column: a NUL in a text, a number above what the column counts to."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    while cause is not None and not isinstance(cause, OverflowError):  # the driver's: it does not get to the server
        cause = cause.__cause__
    return _state(error) == _NO_CHARACTER or cause is not None


def _away(error: Exception) -> bool:
    return _state(error)[:2] in _AWAY or _driver_only(error) or isinstance(error, CheckoutTimeout)


def _driver_only(error: Exception) -> bool:
    """Trouble that the server did not report: it did not get so far."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return (not _state(error) and isinstance(origin, asyncpg.InterfaceError | OSError)) or _lost(error)


def _lost(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _state(error: Exception) -> str:
    """The SQLSTATE, or nothing when the server said none."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None) or ""


def _reason(error: Exception) -> str:
    if isinstance(error, CheckoutTimeout):
        return "all connections are busy"
    origin = error.orig if isinstance(error, DBAPIError) else error
    return str(origin) or type(origin).__name__

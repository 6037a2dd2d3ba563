"""Opens asyncpg connections, for the store and for the migrations; and tells the pool of those that died."""

from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

from chorus.chat.storage.prepared import FETCH
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.urls import PostgresUrl

DRIVER_TROUBLE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What is raised of a statement that the driver was given directly."""

_ping = text("SELECT 1")


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
    driver: Any = connection.connection.driver_connection
    try:
        return await_only(driver.fetch(statement, *values))
    except DRIVER_TROUBLE:
        report_death(connection)
        raise


def report_death(connection: Connection) -> None:
    """Let the pool learn that the driver's connection died beneath it, if it did: it gives the others up as well."""
    if connection.invalidated:
        return  # it knows
    driver: Any = connection.connection.driver_connection
    if driver.is_closed():
        try:
            connection.execute(_ping)
        except DBAPIError:  # this is how it learns
            return

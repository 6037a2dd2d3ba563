"""Opens asyncpg connections, for the store and for the migrations."""

from typing import Any

import asyncpg

from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.urls import PostgresUrl


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

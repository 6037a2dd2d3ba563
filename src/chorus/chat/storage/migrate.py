"""`python -m chorus.chat.storage.migrate [URL]`: bring the schema of DATABASE_URL up to date.

Any number may run at once, on any number of machines: the first holds a lock, an advisory one on PostgreSQL and the
write lock of the file on SQLite; the others wait for it and find nothing left to do. All steps are one transaction.
"""

import asyncio
import os
import sqlite3
import sys
import time

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.util import greenlet_spawn

from chorus.chat.domain.errors import ChatError, DatabaseUnavailable
from chorus.chat.storage.postgres_connection import open_engine
from chorus.chat.storage.schema import HEAD, server
from chorus.chat.storage.schema_version import revision
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.sqlite_file import make_private
from chorus.chat.storage.urls import PostgresUrl, SqliteUrl, parse_database_url

_LOCK = 0x63686F727573
"""The advisory lock's number: "chorus"."""

_PAUSE = 0.05
"""Seconds between two attempts to switch a file to WAL."""


def main() -> None:
    """Migrate the database named on the command line or by DATABASE_URL."""
    url = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("DATABASE_URL", "")
    try:
        upgrade(DatabaseSettings(url=url))
    except (ChatError, SQLAlchemyError, asyncpg.PostgresError, OSError, sqlite3.Error) as error:
        sys.exit(f"{type(error).__name__}: {error}".strip().replace("\n", " "))


def upgrade(settings: DatabaseSettings, *, to: str = "head") -> None:
    """Take the missing steps up to revision `to`; returns when they are committed, by whomever."""
    match parse_database_url(settings.url):
        case SqliteUrl(path):
            _upgrade_sqlite(path, settings, to)
        case PostgresUrl() as url:
            asyncio.run(_upgrade_postgres(url, settings, to))


def _upgrade_sqlite(path: str, settings: DatabaseSettings, to: str) -> None:
    make_private(path)
    engine = create_engine(URL.create("sqlite", database=path), connect_args={"timeout": settings.migration_timeout})

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:  # pyright: ignore[reportUnusedFunction] - registered
        connection.isolation_level = None
        _switch_to_wal(connection, settings.migration_timeout)

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction] - registered
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        _run(connection, to)
    engine.dispose()


def _switch_to_wal(connection: sqlite3.Connection, timeout: float) -> None:
    """Make the file's journal a write-ahead log, for good. SQLite does not wait for a busy file here, so we do."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError:  # somebody else is at it
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
            continue
        if mode != "wal":
            raise DatabaseUnavailable(f"the file system keeps no write-ahead log: journal mode is {mode}")
        return


async def _upgrade_postgres(url: PostgresUrl, settings: DatabaseSettings, to: str) -> None:
    engine = open_engine(url, settings, statement_timeout=None)

    def run() -> None:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
            _run(connection, to)
        engine.dispose()

    await greenlet_spawn(run)


def _run(connection: Connection, to: str) -> None:
    if revision(connection) > HEAD:
        return  # a newer version's, that has taken all of ours: schema_version.py
    config = Config()
    config.set_main_option("script_location", os.path.join(os.path.dirname(__file__), "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    _keep_older_code_away(connection, config)


def _keep_older_code_away(connection: Connection, config: Config) -> None:
    """Write down which code may use the tables as they are now, as the steps that were taken say."""
    taken = ScriptDirectory.from_config(config).walk_revisions("base", f"{revision(connection):04}")
    oldest = max(getattr(step.module, "oldest_code", 0) for step in taken)
    if oldest:
        connection.execute(update(server).values(oldest_code=oldest))


if __name__ == "__main__":
    main()

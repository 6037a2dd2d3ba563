"""Opens the store that a DATABASE_URL names.

Each driver is imported where its database is chosen: PostgreSQL's is 3 MB in every worker.
"""

from chorus.chat.storage.contract import Store
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.store import SqlStore
from chorus.chat.storage.urls import PostgresUrl, SqliteUrl, parse_database_url


def open_store(settings: DatabaseSettings) -> Store:
    """Make the store; connections are opened by its `start`.

    Raises:
        Invalid: the URL is none that we know.
    """
    match parse_database_url(settings.url):
        case SqliteUrl() as url:
            from chorus.chat.storage.sqlite import SqliteDatabase

            return SqlStore(SqliteDatabase(url, settings), settings)
        case PostgresUrl() as url:
            from chorus.chat.storage.postgres import PostgresDatabase

            return SqlStore(PostgresDatabase(url, settings), settings)

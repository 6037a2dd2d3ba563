"""Opens the store that a DATABASE_URL names."""

from chorus.chat.storage.contract import Store
from chorus.chat.storage.postgres import PostgresDatabase
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.sqlite import SqliteDatabase
from chorus.chat.storage.store import SqlStore
from chorus.chat.storage.urls import PostgresUrl, SqliteUrl, parse_database_url


def open_store(settings: DatabaseSettings) -> Store:
    """Make the store; connections are opened by its `start`.

    Raises:
        Invalid: the URL is none that we know.
    """
    match parse_database_url(settings.url):
        case SqliteUrl() as url:
            return SqlStore(SqliteDatabase(url, settings), settings)
        case PostgresUrl() as url:
            return SqlStore(PostgresDatabase(url, settings), settings)

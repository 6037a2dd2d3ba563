"""How SQLite's connections are set up, by what SQLite says of itself."""

import pytest

from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.sqlite_connection import SqliteConnections
from parts.databases import fresh_sqlite

FULL = 2
"""https://sqlite.org/pragma.html#pragma_synchronous: what is committed is on the disk, also when the power fails."""


@pytest.mark.parametrize("writes", [True, False])
def test_what_is_committed_is_on_the_disk_and_readers_wait_for_no_writer(tmp_path, writes):
    """Acknowledged is durable. By the driver: a connection of SQLAlchemy does not wait for the disk in the tests."""
    url = fresh_sqlite(tmp_path)
    connections = SqliteConnections(str(tmp_path / "chat.db"), DatabaseSettings(url=url), writes=writes)
    driver = connections._engine.raw_connection()

    said = [
        driver.cursor().execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("synchronous", "journal_mode", "foreign_keys", "query_only")
    ]

    assert said == [FULL, "wal", True, not writes]
    driver.close()

"""How SQLite's connections are set up, by what SQLite says of itself."""

from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from parts.databases import fresh_sqlite

FULL = 2
"""https://sqlite.org/pragma.html#pragma_synchronous: what is committed is on the disk, also when the power fails."""


async def test_what_is_committed_is_on_the_disk_and_readers_wait_for_no_writer(tmp_path):
    """Acknowledged is durable."""

    def said(connection):
        names = ("synchronous", "journal_mode", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    store = open_store(DatabaseSettings(url=fresh_sqlite(tmp_path)))
    await store.start()

    assert await store.database.write(said) == [FULL, "wal", True]
    assert await store.database.read(said) == [FULL, "wal", True]

    await store.close()

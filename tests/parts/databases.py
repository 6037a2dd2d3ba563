"""Which database a test runs on: SQLite, unless it is marked to run on both."""

import asyncio
import tempfile
from functools import cache
from pathlib import Path

import pytest

from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings

on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""Where the database could make a difference; the contract suite of the stores has the rest."""


def find_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a fresh database: what a fixture named `database_url` returns."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return request.getfixturevalue("postgres_url")
    path = folder / "chat.db"
    path.write_bytes(_migrated())
    return f"sqlite:///{path}"


@cache
def _migrated() -> bytes:
    """An SQLite file with the schema in it: to migrate takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.db"
        asyncio.run(_migrate(f"sqlite:///{path}"))
        return path.read_bytes()


async def _migrate(url: str) -> None:
    store = open_store(DatabaseSettings(url=url))
    await store.start()
    await store.close()

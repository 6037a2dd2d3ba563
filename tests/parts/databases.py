"""Which database a test runs on: SQLite, unless it is marked to run on both. Each is fresh and has its tables.

To make the tables takes longer than most tests, so it is done once a run, and the result is copied.
"""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from chorus.chat.storage.migrate import upgrade
from chorus.chat.storage.settings import DatabaseSettings
from parts.postgres import Postgres

on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""Where the database could make a difference; the contract suite of the stores has the rest."""

_TEMPLATE = "with_tables"


def find_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a fresh database: what a fixture named `database_url` returns."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return request.getfixturevalue("postgres_url_with_tables")
    return fresh_sqlite(folder)


def fresh_sqlite(folder: Path) -> str:
    """Put a file with the tables into the folder; its URL."""
    path = folder / "chat.db"
    path.write_bytes(_sqlite_with_tables())
    return f"sqlite:///{path}"


@contextmanager
def fresh_postgres(server: Postgres, *, template: str | None = None) -> Iterator[str]:
    """A database that is gone afterwards; an empty one, or a copy of `template`. Starts the server if it is down."""
    server.start()
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield server.create(name, template=template)
    server.start()  # a test that failed may have left it down
    server.drop(name)


def make_template(server: Postgres) -> str:
    """Make the database with the tables on a server; its name."""
    server.start()
    upgrade(DatabaseSettings(url=server.create(_TEMPLATE)))
    return _TEMPLATE


@cache
def _sqlite_with_tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.db"
        upgrade(DatabaseSettings(url=f"sqlite:///{path}"))
        return path.read_bytes()

"""Which database a test runs on: SQLite, unless it is marked to run on both. Each is fresh and has its tables.

To make the tables takes longer than most tests, so it is done once a run, and the result is copied. To copy one on
PostgreSQL takes longer than most tests, too: there a few copies go from test to test and are emptied between them.
"""

import asyncio
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from chorus.chat.storage.contract import Store
from chorus.chat.storage.migrate import upgrade
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from parts import engines
from parts.postgres import Postgres

T = TypeVar("T")

engines.quicken()

on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""Where the database could make a difference; the contract suite of the stores has the rest."""

_TEMPLATE = "with_tables"

_REMEMBER = """
CREATE SCHEMA beginning;
DO $$ DECLARE of RECORD; BEGIN
  FOR of IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE beginning.%I AS TABLE public.%I', of.name, of.name);
  END LOOP;
END $$
"""
"""Keeps what the migrations wrote."""

_EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;
DO $$ DECLARE of RECORD; BEGIN
  FOR of IN
    SELECT relname AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('DELETE FROM public.%I', of.name);
    EXECUTE format('INSERT INTO public.%I TABLE beginning.%I', of.name, of.name);
  END LOOP;
END $$;
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences
WHERE last_value IS NOT NULL
"""
"""Only what was ever written to, and without looking at foreign keys, which would ask for an order."""


def find_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a fresh database: what a fixture named `database_url` returns."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return request.getfixturevalue("postgres_url_with_tables")
    return fresh_sqlite(folder)


def in_store(url: str, look: Callable[[Store], Awaitable[T]]) -> T:
    """What `look(store)` finds in a database, from a test that has no event loop."""

    async def ask() -> T:
        store = open_store(DatabaseSettings(url=url))
        await store.start()
        try:
            return await look(store)
        finally:
            await store.close()

    return asyncio.run(ask())


def fresh_sqlite(folder: Path) -> str:
    """Put a file with the tables into the folder; its URL."""
    path = folder / "chat.db"
    path.write_bytes(_sqlite_with_tables())
    return f"sqlite:///{path}"


def tables_in(home: Path) -> None:
    """Have one where the chat of this home looks: each worker would make it with Alembic, as after an upgrade."""
    data = home / "data"
    if not (data / "chat.db").exists():
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh_sqlite(data)


@contextmanager
def fresh_postgres(server: Postgres) -> Iterator[str]:
    """An empty database that is gone afterwards. Starts the server if it is down."""
    server.start()
    name = _some_name()
    yield server.create(name)
    server.start()  # a test that failed may have left it down
    server.drop(name)


class Shelf:
    """Databases of one server that have the tables: a test takes one, fills it and puts it back."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._free: list[str] = []
        server.start()
        upgrade(DatabaseSettings(url=server.create(_TEMPLATE)))
        server.run(_TEMPLATE, _REMEMBER)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of one with the rows of the migrations and no others. Starts the server if it is down."""
        self._server.start()
        name = self._free.pop() if self._free else self._copy()
        yield self._server.url(name)
        self._server.start()  # a test that failed may have left it down
        self._server.run(name, _EMPTY)
        self._free.append(name)

    def _copy(self) -> str:
        name = _some_name()
        self._server.create(name, template=_TEMPLATE)
        return name


def _some_name() -> str:
    return f"test_{uuid.uuid4().hex[:12]}"


@cache
def _sqlite_with_tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.db"
        upgrade(DatabaseSettings(url=f"sqlite:///{path}"))
        return path.read_bytes()

"""Real parts for the tests: a Valkey, a PostgreSQL and a home folder, made for one run and gone after it."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.postgres import Postgres
from parts.valkey import Valkey


@pytest.fixture
def home() -> Iterator[Path]:
    """A CHORUS_HOME with a path short enough for the sockets in it."""
    path = Path(tempfile.mkdtemp(prefix="chorus-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def _shared_valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture
def valkey(_shared_valkey: Valkey) -> Valkey:
    """A running, empty Valkey; a test may stop, kill and start it."""
    _shared_valkey.start()
    _shared_valkey.flush()
    return _shared_valkey


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of the run; a test may stop and start it."""
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of a fresh database."""
    postgres.start()
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield postgres.create(name)
    postgres.drop(name)

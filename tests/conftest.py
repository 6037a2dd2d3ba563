"""Real parts for the tests: a Valkey, a PostgreSQL and a home folder, made for one run and gone after it."""

import gc
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from parts import trust
from parts.databases import Shelf, fresh_postgres
from parts.postgres import Postgres
from parts.valkey import Valkey

settings.register_profile(
    "chorus",
    deadline=None,  # how long one example takes is decided by what else the machine does
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("chorus")

trust.read_once()

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""A run in the background, or under nohup, begins with these ignored, and so would all that the tests start."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Search for garbage neither while tests are collected nor, from then on, in what they consist of.

    There is little, and to look for it would take a fifth of the time. Afterwards it is searched for less often, as
    a worker does.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        gc.enable()


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
    """The URL of a fresh, empty database."""
    with fresh_postgres(postgres) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_shelf(postgres: Postgres) -> Shelf:
    """Databases with the tables of the chat."""
    return Shelf(postgres)


@pytest.fixture
def postgres_url_with_tables(postgres_shelf: Shelf) -> Iterator[str]:
    """The URL of a database with the tables of the chat and nothing in them."""
    with postgres_shelf.database() as url:
        yield url

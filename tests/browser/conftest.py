"""A real Chromium for the tests of the page, and the folder where pictures of it are kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.chromium import Chromium
from parts.databases import fresh_sqlite
from parts.instance import loopback
from parts.served import Listeners, Served
from parts.valkey import Valkey


@pytest.fixture(scope="package")
def _chromium() -> Iterator[Chromium]:
    """One for this package and not for the run, as its event loop is in the way of other tests."""
    with Chromium() as browser:
        yield browser


@pytest.fixture
def chromium(_chromium: Chromium) -> Iterator[Chromium]:
    """The system's Chromium, headless; asked for after the chat, so that its pages are led away while that is there."""
    with _chromium.borrowed():
        yield _chromium


@pytest.fixture(scope="package")
def listeners() -> Iterator[Listeners]:
    """The addresses of every chat here: a browser keeps the files of a page by their address."""
    with loopback() as one, loopback() as other:
        yield one, other


@pytest.fixture
def environment(home: Path, valkey: Valkey, tmp_path: Path) -> dict[str, str]:
    """What two instances of one chat share."""
    return {"CHORUS_HOME": str(home), "DATABASE_URL": fresh_sqlite(tmp_path), "REDIS_URL": valkey.url}


@pytest.fixture
def chat(environment: dict[str, str], listeners: Listeners) -> Iterator[Served]:
    """A fresh chat at two addresses, each an instance of its own."""
    with Served(listeners, **environment) as running:
        yield running


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where the run leaves its screenshots: a folder that git ignores and CI may keep."""
    folder = Path(__file__).parents[2] / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder

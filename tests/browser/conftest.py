"""A real Chromium for the tests of the page, and the folder where pictures of it are kept."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from parts.cluster import Cluster
from parts.databases import fresh_sqlite
from parts.served import Served
from parts.valkey import Valkey

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Chromium without windows takes half the processor time for the same pages."""

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",
)
"""Chromium as root, and without its own traffic."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless; for one module, as its event loop is in the way of others."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "found no Chromium; `make test` installs it through apt where it may, otherwise install it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def environment(home: Path, valkey: Valkey, tmp_path: Path) -> dict[str, str]:
    """What two instances of one chat share."""
    return {"CHORUS_HOME": str(home), "DATABASE_URL": fresh_sqlite(tmp_path), "REDIS_URL": valkey.url}


@pytest.fixture
def chat(environment: dict[str, str]) -> Iterator[Served]:
    """A fresh chat at two addresses, each an instance of its own."""
    with Served(**environment) as running:
        yield running


@pytest.fixture
def cluster(home: Path) -> Iterator[Cluster]:
    """A fresh chat on two workers, as the command starts it: takes seconds, for tests about processes."""
    with Cluster(home) as running:
        yield running


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where the run leaves its screenshots: a folder that git ignores and CI may keep."""
    folder = Path(__file__).parents[2] / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder

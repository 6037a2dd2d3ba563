"""A command of the chat's, run in this process on a database of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from chorus.cluster.cli.main import main
from chorus.entry.command import PRODUCT
from parts.databases import find_database


class Ended(NamedTuple):
    """How a command ended: its exit code, what it printed, and what it complained of."""

    code: int
    out: str
    err: str


@pytest.fixture
def database_url(request, tmp_path):
    return find_database(request, tmp_path)


@pytest.fixture
def command(
    database_url: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Run `chorus` with these words on the database of `database_url`."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CHORUS_HOME", str(home))

    def run(*words: str) -> Ended:
        code = main(list(words), PRODUCT)
        said = capsys.readouterr()
        return Ended(code, said.out.strip(), said.err.strip())

    return run

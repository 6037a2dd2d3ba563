"""A command of the chat's, run in this process on a database of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher

from chorus.chat.actions import passwords
from chorus.cluster.cli.main import main
from chorus.entry.command import PRODUCT
from parts.databases import find_database


class Ended(NamedTuple):
    """How a command ended: its exit code, what it printed, and what it complained of."""

    code: int
    out: str
    err: str


CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a password costs in this process is a matter of tests/chat/actions/test_passwords.py alone."""
    monkeypatch.setattr(passwords, "PasswordHasher", lambda: CHEAP)


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

"""The lock on keeper.pid, which whoever looks whether a keeper runs holds for a moment, too."""

import fcntl
import os
import time

import pytest

from chorus.cluster.keeper import __main__ as program


@pytest.fixture
def looked_at(home):
    """keeper.pid, locked as somebody does who looks at it."""
    home.mkdir(exist_ok=True)
    with open(home / "keeper.pid", "w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file


def test_a_keeper_that_starts_waits_for_one_who_looks(home, looked_at, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _seconds: fcntl.flock(looked_at, fcntl.LOCK_UN))

    os.close(program.take_lock(str(home)))

    assert (home / "keeper.pid").read_text() == f"{os.getpid()}\n"


def test_a_lock_that_stays_is_a_keepers(home, looked_at, monkeypatch):
    now = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    with pytest.raises(program.Refused, match="already runs"):
        program.take_lock(str(home))

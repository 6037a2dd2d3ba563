"""A command finds the manager, also one that dies at that moment."""

import fcntl
import io
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from chorus.cluster.cli import asking, daemon
from chorus.cluster.cli.failure import NOT_RUNNING, CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.terminal import Terminal
from chorus.cluster.messages import Update
from chorus.cluster.rpc.client import ManagerGone


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(str(tmp_path))


@pytest.fixture
def keeper(home: Home) -> Iterator[None]:
    """What tells that one runs: its pid, and the lock on it."""
    with open(home.keeper_pid, "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(str(os.getpid()))
        file.flush()
        yield


@pytest.fixture
def dying(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A manager that listens when it is looked for, and no more when it is called; the next one is there soon."""
    with socket.socket(socket.AF_UNIX) as successor:
        looks = 0
        really = daemon.answers

        def answers(home: Home) -> bool:
            nonlocal looks
            looks += 1
            if looks == 1:
                return True
            if looks == 3:
                successor.bind(home.rpc_socket)
                successor.listen()
            return really(home)

        monkeypatch.setattr(daemon, "answers", answers)
        yield successor


def context_of(home: Home) -> SimpleNamespace:
    return SimpleNamespace(home=home, terminal=Terminal(io.StringIO(), io.StringIO(), {}))


def test_one_that_dies_while_it_is_called_is_followed_by_the_next(home: Home, keeper: None, dying: socket.socket):
    """Row 30: what is killed goes on listening for a moment, and to find it dead is not to find nothing."""
    with asking._connected(context_of(home), 5.0):
        connected, _ = dying.accept()

    connected.close()


def test_where_no_keeper_runs_nothing_does(home: Home, dying: socket.socket):
    """Row 9: with the code that scripts know it by."""
    with pytest.raises(CommandFailed, match="nothing runs") as caught:
        asking._connected(context_of(home), 5.0)

    assert caught.value.code == NOT_RUNNING


def test_a_request_that_a_killed_keeper_cut_short_promises_no_next_manager(home: Home, monkeypatch: pytest.MonkeyPatch):
    def asked(*_: object) -> None:
        raise ManagerGone("Update was cut short, the manager ends: its keeper starts it again")

    monkeypatch.setattr(asking, "_asked", asked)

    with pytest.raises(CommandFailed, match="nothing runs") as caught:
        asking.ask(context_of(home), Update())

    assert caught.value.code == NOT_RUNNING


def test_in_a_home_that_is_a_file_nothing_runs(tmp_path: Path):
    (tmp_path / "home").write_text("a file")

    with pytest.raises(CommandFailed, match="nothing runs") as caught:
        asking._connected(context_of(Home(str(tmp_path / "home"))), 5.0)

    assert caught.value.code == NOT_RUNNING

"""What is said while a manager says nothing."""

import io
import socket
from types import SimpleNamespace

import pytest

from chorus.cluster.cli import silence
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.silence import Silence, at_work
from chorus.cluster.cli.terminal import Terminal
from chorus.cluster.messages import ApplicationStatus, ClusterStatus, InstanceStatus
from chorus.cluster.rpc.client import RpcError


@pytest.fixture
def context(home):
    """Of a command whose manager's socket takes connections, and nobody answers."""
    terminal = Terminal(io.StringIO(), io.StringIO(), {})
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(home / "rpc.sock"))
        deaf.listen(4)
        yield SimpleNamespace(home=Home(str(home)), terminal=terminal, command=SimpleNamespace(name="stop"))


def test_a_manager_that_answers_nothing_is_named_once(context, monkeypatch):
    monkeypatch.setattr(silence, "_ANSWERS_WITHIN", 0.02)
    told = Silence(context)

    told(3.0)
    told(6.0)

    said = "the manager does not answer; its keeper ends one that hangs and starts another: waiting\n"
    assert context.terminal.err.getvalue() == said


def test_after_its_time_the_command_fails_and_says_what_to_do(context, monkeypatch):
    monkeypatch.setattr(silence, "_ANSWERS_WITHIN", 0.02)
    monkeypatch.setattr(silence, "PATIENCE", 0.0)

    with pytest.raises(RpcError, match="the manager has answered nothing for 0 s; chorus kill ends everything"):
        Silence(context)(3.0)


def test_what_a_manager_is_at_is_told_by_its_instances():
    instances = [InstanceStatus(id=n, number=n, key=f"web:{n}:1", state="stopping") for n in range(5)]
    web = ApplicationStatus(name="web", namespace="default", kind="command", instances=instances)
    status = ClusterStatus(keeper_pid=1, manager_pid=2, home="/h", version="1", applications=[web])

    assert at_work(status) == "web:0 is stopping, web:1 is stopping, web:2 is stopping and 2 more"
    assert at_work(ClusterStatus(keeper_pid=1, manager_pid=2, home="/h", version="1")) == "the manager is at it"

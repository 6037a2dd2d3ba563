"""What the tests with real processes begin with; all of it is gone after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus.cluster.keeper.wire import Subscribe
from cluster.keeper.running import RunningKeeper
from cluster.manager.running import RunningCluster
from parts.shell import Shell
from parts.workers import Workers


@pytest.fixture
def shell(home: Path, tmp_path: Path) -> Iterator[Shell]:
    """A shell whose cluster is gone after the test."""
    shell = Shell(tmp_path, home)
    yield shell
    shell.chorus("kill")


@pytest.fixture
def keeper(home):
    with RunningKeeper(home) as running:
        yield running


@pytest.fixture
def client(keeper):
    subscribed = keeper.client()
    subscribed.do(Subscribe())
    return subscribed


@pytest.fixture
def cluster(home):
    """A keeper and a manager."""
    with RunningCluster(home) as running:
        yield running


@pytest.fixture
def workers(home):
    with RunningKeeper(home) as keeper:
        yield Workers(keeper)

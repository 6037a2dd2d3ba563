"""What the tests with real processes begin with; all of it is gone after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus.cluster.keeper.wire import Subscribe
from cluster.keeper.running import RunningKeeper
from cluster.manager.running import RunningCluster
from parts.shell import Shell
from parts.workers import Workers
from processes.shared_cluster import SharedCluster


@pytest.fixture
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """A shell whose cluster is gone after the test; with `pytest.mark.cluster("shared")`, what it started there is."""
    if shares(request):
        yield Shell(tmp_path, request.getfixturevalue("emptied").home)
        return
    shell = Shell(tmp_path, request.getfixturevalue("home"))
    yield shell
    shell.chorus("kill")


def shares(request: pytest.FixtureRequest) -> bool:
    """Whether the nearest mark, of the test or of its module, says so."""
    mark = request.node.get_closest_marker("cluster")
    return mark is not None and mark.args == ("shared",)


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[SharedCluster]:
    shared = SharedCluster()
    yield shared
    shared.close()


@pytest.fixture
def emptied(shared_cluster: SharedCluster) -> Iterator[RunningCluster]:
    """The shared cluster, with no application in it before or after."""
    yield shared_cluster.open()
    shared_cluster.clear()


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
def cluster(request: pytest.FixtureRequest) -> Iterator[RunningCluster]:
    """A keeper and a manager; with `pytest.mark.cluster("shared")` those that other tests use before and after."""
    if shares(request):
        yield request.getfixturevalue("emptied")
        return
    with RunningCluster(request.getfixturevalue("home")) as running:
        yield running


@pytest.fixture
def workers(home):
    with RunningKeeper(home) as keeper:
        yield Workers(keeper)

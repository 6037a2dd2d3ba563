"""What an update replaces and what it leaves (row 31 of the cluster's table of behaviours), with real processes."""

import shutil
from pathlib import Path

import pytest

from chorus.cluster.messages import Failed, Reload, Restart, Start, Update
from cluster.keeper.running import SOURCES
from cluster.manager.running import Askers, RunningCluster
from parts.held import Held, live
from waiting import until

pytestmark = pytest.mark.processes


def test_an_update_replaces_keeper_and_manager_and_touches_no_worker(cluster):
    """Row 31: the pids of the workers stay, requests and connections go on, and so does everything that is known."""
    cluster.done(Start(applications=[live(cluster)]))
    cluster.done(Restart(["live:1"]))
    before, manager = cluster.instances("live"), cluster.status().manager_pid

    with Held(cluster.port("live"), 20) as held, Askers(cluster.port("live")) as askers:
        for _ in range(3):
            cluster.done(Update())
            manager = until(lambda manager=manager: another(cluster, manager), what="another manager")
            assert held.answering() == 20
        askers.after_this()

    after = cluster.instances("live")
    assert askers.failures == []
    assert cluster.status().keeper_pid == cluster.keeper.process.pid
    assert [(i.pid, i.restarts, i.state) for i in after] == [(i.pid, i.restarts, i.state) for i in before]
    cluster.done(Reload(targets=["live"]))


def another(cluster, manager):
    """The pid of the manager, when it is another one than this."""
    found = cluster.seen()
    return found.manager_pid if found is not None and found.manager_pid != manager else None


@pytest.fixture
def release(tmp_path):
    """The sources of an installed release, which a test may replace."""
    unfinished = shutil.ignore_patterns("*.pyc.*")
    shutil.copytree(Path(SOURCES) / "chorus", tmp_path / "chorus", ignore=unfinished)  # compiled, as it is installed
    return tmp_path


def test_after_an_update_the_next_release_runs(home, release):
    """Row 31: both programs are those that are installed now."""
    with RunningCluster(home, str(release)) as cluster:
        before = cluster.status()
        (release / "chorus" / "__init__.py").write_text('__version__ = "99.1"\n')

        cluster.done(Update())
        until(lambda: another(cluster, before.manager_pid), what="another manager")

        assert cluster.status().version == "99.1"
        assert cluster.status().keeper_pid == before.keeper_pid


@pytest.mark.parametrize("module", ["keeper/loop.py", "manager/slots.py"])
def test_an_update_to_a_release_that_does_not_run_changes_nothing(home, release, module):
    """Row 31: both programs are asked first whether they can take over."""
    with RunningCluster(home, str(release)) as cluster:
        cluster.done(Start(applications=[live(cluster)]))
        before, manager = cluster.instances("live"), cluster.status().manager_pid
        broken = release / "chorus" / "cluster" / module
        whole = broken.read_text()
        broken.write_text("syntax error\n")

        answer = cluster.ask(Update())

        assert isinstance(answer, Failed)
        assert "cannot take over (1); nothing was changed" in answer.message
        assert "SyntaxError" in answer.detail[-1]
        assert cluster.status().manager_pid == manager
        assert [each.pid for each in cluster.instances("live")] == [each.pid for each in before]
        broken.write_text(whole)

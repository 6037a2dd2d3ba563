"""Row 30: a manager that hangs is noticed by its keeper, ended and followed by another; what runs does not notice."""

import os
import signal

import pytest

from chorus.cluster.messages import Start
from cluster.keeper.running import SOURCES
from cluster.manager.running import Askers, RunningCluster
from waiting import until

pytestmark = pytest.mark.processes


@pytest.fixture
def impatient(home, monkeypatch):
    """A cluster whose keeper waits a second for a sign of life."""
    monkeypatch.setenv("CHORUS_KEEPER_WATCHDOG", "1")
    with RunningCluster(home) as running:
        yield running


def test_a_stopped_manager_is_ended_and_the_next_one_knows_everything(impatient):
    """Row 30: SIGSTOP, as an operator's slip or a debugger sends it."""
    impatient.done(Start(applications=[impatient.spec()]))
    before, manager = impatient.instances(), impatient.status().manager_pid

    with Askers(impatient.port()) as askers:
        os.kill(manager, signal.SIGSTOP)
        until(lambda: _another(impatient, manager), within=60, what="another manager")
        askers.after_this()

    assert askers.failures == []
    assert [(i.pid, i.restarts, i.state) for i in impatient.instances()] == [
        (i.pid, i.restarts, i.state) for i in before
    ]
    said = (impatient.home / "daemon.log").read_text()
    assert f"manager {manager} gave no sign of life for 1 s" in said
    assert f"manager {manager} ended with -9" in said


def test_a_manager_in_an_endless_loop_says_where_it_hangs(home, tmp_path, monkeypatch):
    """Row 30: SIGABRT has it write its stack into daemon.log."""
    hook = "import asyncio\nasync def hang():\n while True: pass\nasyncio.create_task(hang())"
    (tmp_path / "sitecustomize.py").write_text(_when(tmp_path / "hang", hook))
    monkeypatch.setenv("CHORUS_KEEPER_WATCHDOG", "1")
    with RunningCluster(home, f"{SOURCES}{os.pathsep}{tmp_path}") as cluster:
        manager = cluster.status().manager_pid
        (tmp_path / "hang").touch()
        until(lambda: _another(cluster, manager), within=60, what="another manager")

        said = (home / "daemon.log").read_text()
        assert f"manager {manager} gave no sign of life" in said
        assert "Fatal Python error: Aborted" in said
        assert "in hang" in said
        assert f"manager {manager} ended with -6" in said


def _when(file, code: str) -> str:
    """A module that has the manager's loop run this code once when a file appears."""
    return f"""
import asyncio, os, sys
def look():
    if os.path.exists({str(file)!r}):
        os.unlink({str(file)!r})
        exec({code!r})
    else:
        asyncio.get_running_loop().call_later(0.02, look)
if "chorus.cluster.manager" in sys.orig_argv:
    run = asyncio.run
    def running(main, **more):
        async def both():
            look()
            return await main
        return run(both(), **more)
    asyncio.run = running
"""


def _another(cluster: RunningCluster, manager: int) -> bool:
    found = cluster.seen()
    return found is not None and found.manager_pid != manager

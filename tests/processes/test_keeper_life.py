"""How a keeper begins and ends, and how it keeps a manager running."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chorus.cluster.keeper.keeper import KILL_AFTER
from chorus.cluster.keeper.manager_process import FIRST_DELAY
from chorus.cluster.keeper.wire import (
    Exit,
    Failure,
    Inspect,
    OpenListener,
    Tail,
)
from cluster.keeper.running import SOURCES, RunningKeeper, python
from parts.shell import alive
from processes.keeper_parts import NOTIFY, SLEEP
from waiting import until

pytestmark = pytest.mark.processes


def test_a_second_keeper_of_the_home_is_refused_and_the_first_one_stays(keeper, client):
    second = subprocess.run(
        [sys.executable, "-m", "chorus.cluster.keeper", str(keeper.home), "--manager"],
        env={**os.environ, "PYTHONPATH": SOURCES},
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert second.returncode == 1
    assert second.stderr == f"keeper: a keeper already runs for {keeper.home} (pid {keeper.process.pid})\n"
    assert client.do(Inspect()).keeper_pid == keeper.process.pid


def test_what_a_killed_keeper_left_does_not_hinder_the_next_one(home):
    with RunningKeeper(home) as first:
        first.process.kill()
        first.process.wait()

        with RunningKeeper(home) as second:
            assert second.client().do(Inspect()).keeper_pid == second.process.pid


def test_one_whose_home_was_removed_ends_without_a_touch_to_the_next_one_in_its_place(home):
    """Nor does it stumble where nobody followed."""
    with RunningKeeper(home) as first:
        shutil.rmtree(home)
        home.mkdir(mode=0o700)
        with RunningKeeper(home) as second:
            client = second.client()
            second.spawn(client, "x:0:1", *SLEEP)
            (home / "run" / "x:0:1.sock").touch()
            before = sorted(home.rglob("*"))
            first.process.terminate()
            assert first.process.wait(20) == 0

            assert sorted(home.rglob("*")) == before
            assert second.client().do(Inspect()).keeper_pid == second.process.pid
    with RunningKeeper(home) as third:
        shutil.rmtree(home)
        third.process.terminate()
        assert third.process.wait(20) == 0
    home.mkdir()


def test_the_children_a_killed_keeper_left_are_ended_by_the_next_one_and_named(home):
    with RunningKeeper(home) as first:
        client = first.client()
        address = client.do(OpenListener("web", "127.0.0.1", 0))
        polite = first.spawn(client, "x:0:1", *SLEEP, listeners=["web"]).pid
        shell = first.spawn(client, "y:0:1", "sh", "-c", "trap '' TERM; sleep 600 & echo $!; while :; do wait; done")
        [grandchild] = until(lambda: client.do(Tail("y:0:1")).lines)
        gone = first.spawn(client, "z:0:1", "true").pid
        until(lambda: any(child.exited for child in client.do(Inspect()).children), what="the short one to end")
        (home / "run" / "x:0:1.sock").touch()
        first.process.kill()
        first.process.wait()
        assert alive(polite)

        with RunningKeeper(home) as second:
            opened = second.client().do(OpenListener("web", "127.0.0.1", address.port))

        assert opened.port == address.port
    assert not any(alive(pid) for pid in (polite, shell.pid, int(grandchild)))
    said = (home / "daemon.log").read_text()
    assert f"ending what a killed keeper left behind: x:0:1 (pid {polite}), y:0:1 (pid {shell.pid})\n" in said
    assert str(gone) not in said
    assert list((home / "run").iterdir()) == []


def test_a_register_of_children_that_are_no_more_or_cannot_be_read_ends_nobody(home):
    """A pid that another process has by now is not signalled: its start time differs."""
    other = subprocess.Popen(SLEEP, start_new_session=True)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    for text in (f"{boot}{other.pid} 1 x:0:1\n", "garbage", f"another boot\n{other.pid} 1 x:0:1\n", ""):
        (home / "children").write_text(text)
        with RunningKeeper(home):
            assert other.poll() is None
    assert "left behind" not in (home / "daemon.log").read_text()
    other.kill()
    other.wait()


def test_a_home_with_too_long_a_path_is_refused(tmp_path):
    home = tmp_path / ("x" * 120)

    refused = subprocess.run(
        [sys.executable, "-m", "chorus.cluster.keeper", str(home)],
        env={**os.environ, "PYTHONPATH": SOURCES},
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert refused.returncode == 1
    assert "path is too long" in refused.stderr
    assert "107 are possible" in refused.stderr
    assert not home.exists()


def test_a_killed_manager_is_started_again_and_children_and_listeners_do_not_notice(home):
    manager = python("import os, time\nprint('manager', os.getpid(), flush=True)\ntime.sleep(600)")
    with RunningKeeper(home, manager) as keeper:
        client = keeper.client()
        address = client.do(OpenListener("chat", "127.0.0.1", 0))
        child = keeper.spawn(client, "x:0:1", *SLEEP)

        [first] = until(lambda: managers_in(home))
        os.kill(first, signal.SIGKILL)
        second = until(lambda: managers_in(home)[1:], what="a second manager")[0]

        assert alive(second)
        assert alive(child.pid)
        assert f"manager {first} ended with -9" in (home / "daemon.log").read_text()
        assert client.do(Inspect()).listeners[0].port == address.port
    assert not alive(second)


def managers_in(home) -> list[int]:
    """The pids of the managers that said who they are, in their order."""
    lines = (home / "daemon.log").read_text().splitlines()
    return [int(line.split()[1]) for line in lines if line.startswith("manager ") and len(line.split()) == 2]


@pytest.mark.alone
@pytest.mark.parametrize(("ready", "delay"), [(True, 0.1), (False, 0.8)])
def test_only_a_manager_that_never_got_ready_is_started_later_and_later(home, ready, delay):
    """Four ends in a row: the wait after the fourth is the first one, 0.1 s, or eight times that.

    How long a program takes to start is measured in the same run.
    """
    say = f"print('manager', os.getpid(), flush=True)\nif {ready}: say('READY=1')\nprint('said', flush=True)"
    with RunningKeeper(home, python(NOTIFY + say + "\ntime.sleep(600)")):
        waits = []
        for number in range(4):
            until(lambda number=number: (home / "daemon.log").read_text().count("said\n") > number)
            killed = time.monotonic()
            os.kill(managers_in(home)[number], signal.SIGKILL)
            until(lambda number=number: len(managers_in(home)) == number + 2, what="the next manager")
            waits.append(time.monotonic() - killed)

    assert FIRST_DELAY == 0.1
    to_start = waits[0] - FIRST_DELAY
    assert delay <= waits[3] < delay + 0.5 + 3 * to_start, waits


def test_a_manager_that_cannot_be_executed_is_said_in_the_daemon_log(home):
    with RunningKeeper(home, ["/no/such/manager"]):
        said = until((home / "daemon.log").read_text)

    assert said.startswith("manager: cannot run /no/such/manager: No such file or directory\n")


def test_exit_is_refused_while_children_live_and_done_with_force(keeper, client):
    pid = keeper.spawn(client, "x:0:1", "sh", "-c", "sleep 600 & wait").pid
    with pytest.raises(Failure) as failed:
        client.do(Exit())
    assert failed.value.code == "running"
    assert "x:0:1" in failed.value.message

    client.do(Exit(force=True))

    assert keeper.process.wait(30) == 0
    assert not alive(pid)
    assert sorted(path.name for path in keeper.home.iterdir()) == ["daemon.log", "run"]


def test_a_keeper_that_ends_leaves_no_private_socket_behind(keeper, client):
    """A worker that was killed could not remove its own."""
    for name in ("chat:0:1.sock", "valkey.sock"):
        (keeper.home / "run" / name).touch()

    client.do(Exit())

    assert keeper.process.wait(30) == 0
    assert list((keeper.home / "run").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE])
def test_a_signal_that_means_nothing_to_a_keeper_does_not_end_it(keeper, client, number):
    child = keeper.spawn(client, "x:0:1", *SLEEP).pid

    keeper.process.send_signal(number)

    assert client.do(Inspect()).keeper_pid == keeper.process.pid
    assert keeper.process.poll() is None
    assert alive(child)


def test_sigterm_ends_children_that_ignore_it_after_a_while(home, monkeypatch):
    """After ten seconds, or what the environment says."""
    assert KILL_AFTER == 10.0
    monkeypatch.setenv("CHORUS_KEEPER_KILL_AFTER", "0.5")
    with RunningKeeper(home) as keeper:
        client = keeper.client()
        stubborn = keeper.spawn(client, "x:0:1", "sh", "-c", "trap '' TERM; echo set; while :; do sleep 1; done").pid
        until(lambda: client.do(Tail("x:0:1")).lines == ["set"])

        told = time.monotonic()
        keeper.process.send_signal(signal.SIGTERM)

        assert keeper.process.wait(30) == 0
        assert time.monotonic() - told >= 0.5
    assert not alive(stubborn)

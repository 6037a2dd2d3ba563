"""Row 30: a command during which the manager goes away tells its outcome all the same."""

import json
import os
import signal
import subprocess

import pytest

from cluster.manager.running import RunningCluster
from parts.shell import Shell, alive
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

HANGS = "import os, signal, time\nsignal.signal(signal.SIGTERM, lambda *_: None)\nopen('ready', 'w').close()\n"
HANGS += "while not os.path.exists('may-end'): time.sleep(0.02)\n"
"""It ends when it is told to, and a file is there."""


@pytest.fixture
def slow(shell: Shell) -> Shell:
    """Beside a program that ends at once, one that does not end before it may."""
    shell.program("slow.py", HANGS)
    shell.ok("start", "sleep 600", "-n", "quick", "-i", "2")
    shell.ok("start", "slow.py", "-n", "slow")
    until((shell.folder / "ready").exists, what="the slow one to take signals")
    return shell


def asked(shell: Shell, *words: str, until_said: str) -> subprocess.Popen[str]:
    """A command that the manager is at."""
    log = shell.home / "daemon.log"
    said = len(log.read_text())  # by this command, and not by a test before this one
    command = shell.popen(*words)
    until(lambda: until_said in log.read_text()[said:], what=f"{until_said} in daemon.log")
    return command


def outcome(shell: Shell, command: subprocess.Popen[str], number: int = signal.SIGKILL) -> tuple[int | None, str]:
    """End the manager, let the slow one end, and wait for the command: its exit code and result."""
    os.kill(shell.status()["manager_pid"], number)
    (shell.folder / "may-end").touch()
    said, complaint = command.communicate(timeout=60)
    assert "Traceback" not in complaint
    return command.returncode, said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_a_stop_is_finished_and_told(slow: Shell, number: int):
    command = asked(slow, "stop", "all", until_said="slow:0:1: online -> stopping")

    code, said = outcome(slow, command, number)

    assert (code, said) == (0, "stopped quick, slow\n")
    assert [slow.states("quick"), slow.states("slow")] == [["stopped", "stopped"], ["stopped"]]


def test_a_restart_restarts_each_instance_once(slow: Shell):
    command = asked(slow, "restart", "all", until_said="slow:0:1: online -> restarting")

    code, said = outcome(slow, command)

    assert (code, said) == (0, "restarted quick, slow\n")
    assert [each["generation"] for each in slow.instances("quick") + slow.instances("slow")] == [2, 2, 2]


def test_a_scale_by_a_difference_counts_once(slow: Shell):
    command = asked(slow, "scale", "slow", "+1", "--json", until_said="slow:1:1: stopped -> starting")

    code, said = outcome(slow, command)

    assert (code, json.loads(said)) == (0, {"text": "slow has 2 instances", "changed": True})
    assert len(slow.instances("slow")) == 2


def test_a_start_is_a_change_and_told_as_one(shell: Shell):
    """And not as something that ran already, which it does under the next manager."""
    shell.ok("start", "sleep 600", "-n", "first")
    command = asked(shell, "start", "sleep 600", "-n", "late", "--json", until_said="late:0:1: stopped -> starting")

    code, said = outcome(shell, command)

    assert (code, json.loads(said)) == (0, {"text": "started late", "changed": True, "addresses": {}})


def test_a_delete_deletes(slow: Shell):
    command = asked(slow, "delete", "slow", "quick", until_said="slow:0:1: online -> stopping")

    code, _ = outcome(slow, command)

    assert (code, slow.status()["applications"]) == (0, [])


def test_a_start_that_fails_under_the_next_manager_fails(slow: Shell):
    slow.program("ecosystem.toml", '[[apps]]\nname = "new"\ncommand = ["sleep", "9"]\nwait_ready = true\n')
    with (slow.folder / "ecosystem.toml").open("a") as file:
        file.write('listen_timeout = "2s"\nmax_restarts = 0\n')
    command = asked(slow, "start", until_said="new:0:1: stopped -> starting")

    code, said = outcome(slow, command)

    assert (code, said) == (1, "")
    assert slow.states("new") != ["online"]


def test_who_waits_for_a_manager_that_hangs_is_told_so_and_then_answered(home, tmp_path, monkeypatch):
    """Its keeper ends it; the command goes on with the next one."""
    monkeypatch.setenv("CHORUS_KEEPER_WATCHDOG", "5")
    with RunningCluster(home) as cluster:
        manager = cluster.status().manager_pid
        os.kill(manager, signal.SIGSTOP)

        ended = Shell(tmp_path, home).chorus("status")

        assert ended.returncode == 0
        stopped = "stopped by a signal: kill -CONT has it go on"
        assert f"the manager (pid {manager}, {stopped}) does not answer; its keeper ends one that hangs" in ended.stderr
        assert not alive(manager)


def test_who_waits_for_something_long_is_told_what_it_waits_for(slow: Shell):
    command = slow.popen("stop", "slow")
    assert command.stderr is not None

    assert command.stderr.readline() == "stop: waiting; slow:0 is stopping\n"

    (slow.folder / "may-end").touch()
    assert command.communicate(timeout=60)[0] == "stopped slow\n"


@pytest.mark.cluster("own")
def test_a_keeper_that_was_stopped_is_named_with_what_has_it_go_on(shell: Shell):
    shell.ok("start", "sleep 600", "-n", "quick")
    keeper = shell.status()["keeper_pid"]
    os.kill(keeper, signal.SIGSTOP)
    try:
        command = shell.popen("stop", "quick")
        assert command.stderr is not None
        said = command.stderr.readline()
    finally:
        os.kill(keeper, signal.SIGCONT)

    held = f"the keeper (pid {keeper}) was stopped by a signal: kill -CONT {keeper} has it go on"
    assert said == f"stop: waiting; {held}\n"
    assert command.communicate(timeout=60)[0] == "stopped quick\n"

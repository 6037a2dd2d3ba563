"""Commands about the keeper and the manager themselves, with real ones: ended, killed, updated, or not there."""

import json
import os
import signal
import subprocess
import sys

import pytest

from parts.shell import Shell, alive
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("own")]

ECHO = 'apps = [{ name = "echo", app = "echo:application", port = PORT, instances = 2 }]'


def test_kill_ends_everything_and_leaves_no_process_and_no_socket(shell: Shell):
    shell.chorus("start", "echo:application", "-i", "2")
    status = shell.status()
    pids = [status["keeper_pid"], status["manager_pid"], *(i["pid"] for i in status["applications"][0]["instances"])]

    killed = shell.chorus("kill")

    assert killed.returncode == 0
    assert [pid for pid in pids if alive(pid)] == []
    assert shell.leftovers == []


def test_kill_ends_a_keeper_whose_manager_does_not_answer(shell: Shell):
    """The keeper, here a program that does nothing but hold its lock, is asked by a signal."""
    code = (
        "import fcntl, os, socket, sys, time; os.chdir(sys.argv[1]); pid = open('keeper.pid', 'w');"
        "pid.write(str(os.getpid())); pid.flush(); fcntl.flock(pid, fcntl.LOCK_EX);"
        "s = socket.socket(socket.AF_UNIX); s.bind('new'); s.listen(); os.rename('new', 'rpc.sock'); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(shell.home)]) as keeper:
        until((shell.home / "rpc.sock").exists, what="the socket of the silent manager")
        killed = shell.chorus("kill")

    assert keeper.returncode == -signal.SIGTERM
    assert killed.returncode == 0
    assert killed.stderr.startswith("ended by signal")


def test_a_manager_that_died_is_waited_for(shell: Shell):
    """Its keeper starts it again; a command that comes in between is answered all the same."""
    shell.chorus("start", "sleep 1000", "-n", "job")
    before = shell.status()["manager_pid"]
    os.kill(before, signal.SIGKILL)

    asked = shell.chorus("status", "--json")

    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["manager_pid"] != before


def test_where_nothing_runs_the_exit_code_says_so(shell: Shell):
    """3 for what needs a manager, as systemctl has it; killing what is not there is done at once."""
    codes = {command: shell.chorus(command).returncode for command in ("status", "stop", "reload", "ping", "logs")}

    assert set(codes.values()) == {3}, codes
    assert shell.chorus("kill").returncode == 0
    assert shell.chorus("info").returncode == 0


def test_a_keeper_that_cannot_run_is_named_with_its_last_words(shell: Shell):
    (shell.home / "keeper.sock").mkdir()

    failed = shell.chorus("start", "echo:application")

    assert failed.returncode == 1
    assert "the keeper ended with 1" in failed.stderr
    assert "keeper.sock" in failed.stderr
    (shell.home / "keeper.sock").rmdir()


@pytest.mark.parametrize("ending", ["start", "kill"])
def test_what_a_killed_keeper_left_running_is_ended_by_the_next_command(shell: Shell, ending: str):
    """Nobody supervises it any more, and it holds the port."""
    shell.write(ECHO)
    shell.chorus("start")
    found = shell.status()
    left = shell.pids()["echo"]
    os.kill(found["keeper_pid"], signal.SIGKILL)
    until(lambda: not alive(found["manager_pid"]), what="the manager to end with its keeper")
    assert all(alive(pid) for pid in left)

    ended = shell.chorus(ending)

    assert (ended.returncode, ended.stdout.splitlines()[0]) == (
        0,
        "started echo" if ending == "start" else "everything ended",
    ), ended.stderr
    assert not any(alive(pid) for pid in left)
    if ending == "start":
        assert shell.answer()["pid"] not in left
    else:
        assert shell.leftovers == []
        assert shell.chorus("kill").stdout == "nothing runs\n"


def test_update_says_which_release_runs_now_and_leaves_the_applications_alone(shell: Shell):
    shell.write(ECHO)
    shell.chorus("start")
    before, pids = shell.status(), shell.pids()

    updated = shell.chorus("update")

    assert updated.returncode == 0, updated.stderr
    assert updated.stdout.startswith("keeper and manager run version ")
    after = shell.status()
    assert (after["keeper_pid"], shell.pids()) == (before["keeper_pid"], pids)
    assert after["manager_pid"] != before["manager_pid"]
    assert shell.states() == ["online", "online"]

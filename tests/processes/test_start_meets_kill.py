"""`chorus start` and `chorus kill` at the same time: one of them wins, and both say so."""

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = pytest.mark.processes

HANGS = "import os, signal, time\nsignal.signal(signal.SIGTERM, lambda *_: None)\nopen('ready', 'w').close()\n"
HANGS += "while not os.path.exists('may-end'): time.sleep(0.02)\n"


def test_a_start_that_comes_during_a_kill_waits_for_its_end_and_begins_anew(shell: Shell):
    shell.program("slow.py", HANGS)
    shell.ok("start", "slow.py", "-n", "slow")
    until((shell.folder / "ready").exists, what="the program to take signals")
    keeper = shell.status()["keeper_pid"]

    with shell.popen("kill") as killing:
        until(lambda: shell.states("slow") == ["stopping"], what="the kill to be under way")
        with shell.popen("start", "sleep 600", "-n", "next") as starting:
            assert starting.stderr is not None
            assert starting.stderr.readline() == "chorus kill is ending everything; starting when that is done\n"
            (shell.folder / "may-end").touch()
            assert killing.communicate(timeout=60)[0] == "everything is stopped\n"
            starting.communicate(timeout=60)

    assert (killing.returncode, starting.returncode) == (0, 0)
    assert list(shell.pids()) == ["next"]
    assert shell.status()["keeper_pid"] != keeper


def test_a_kill_that_comes_during_a_start_ends_it_and_the_start_says_so(shell: Shell):
    shell.ok("start", "sleep 600", "-n", "there")
    shell.write('[[apps]]\nname = "slow"\ncommand = ["sleep", "600"]\nwait_ready = true\nlisten_timeout = 60\n')

    with shell.popen("start") as starting:
        until(lambda: "slow" in shell.pids(), what="the start to be under way")
        shell.ok("kill")
        _, complaint = starting.communicate(timeout=60)

    assert starting.returncode == 1
    assert complaint.splitlines()[-1] == "chorus: Start was ended by chorus kill"
    assert shell.chorus("status").returncode == 3


@pytest.mark.parametrize("number", range(4))
def test_at_whatever_moment_they_meet_nobody_waits_in_vain(shell: Shell, number: int):
    """The kill comes at another moment of the start each time; afterwards all runs, or nothing does."""
    moments = ["keeper.pid", "keeper.sock", "rpc.sock", "children"]
    with shell.popen("start", "sleep 600", "-n", "next") as starting:
        until((shell.home / moments[number]).exists, within=30, what=moments[number])
        killed = shell.chorus("kill")
        _, complaint = starting.communicate(timeout=60)

    assert killed.returncode == 0, killed.stderr
    runs = shell.chorus("status").returncode == 0
    assert runs == (starting.returncode == 0), complaint
    if not runs:
        known = ("the keeper was ended while it started", "was ended by chorus kill", "nothing runs", "went away")
        assert any(words in complaint for words in known), complaint
    assert "15 s" not in complaint

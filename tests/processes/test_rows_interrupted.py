"""Control-C at every moment of a start: never a traceback, and nothing that nobody knows of is left running."""

import os
import signal
from pathlib import Path

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = pytest.mark.processes

_INTERRUPTS_ITSELF = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ.get("INTERRUPTED_AT"):
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""

ECHO = '[[apps]]\nname = "echo"\napp = "echo:application"\nport = PORT\n'
SLOW = '[[apps]]\nname = "slow"\ncommand = ["sleep", "1000"]\nwait_ready = true\nlisten_timeout = 60\n'


def no_keeper(shell: Shell) -> bool:
    return shell.leftovers == [] and shell.chorus("status").returncode == 3


@pytest.mark.parametrize(
    "module", ["chorus.entry.command", "chorus.cluster.cli.start", "chorus.cluster.cli.ecosystem", "subprocess"]
)
def test_a_start_interrupted_before_the_keeper_leaves_nothing(shell: Shell, module: str):
    """The signal comes while this module is about to be imported."""
    shell.write(ECHO)
    shell.program("sitecustomize.py", _INTERRUPTS_ITSELF)
    path = os.pathsep.join([str(shell.folder), os.environ.get("PYTHONPATH", "")])

    ended = shell.chorus("start", INTERRUPTED_AT=module, PYTHONPATH=path)

    assert (ended.returncode, ended.stdout) == (130, ""), ended.stderr
    assert "Traceback" not in ended.stderr
    assert no_keeper(shell)


def interrupted(shell: Shell, there: Path, by: int = signal.SIGINT) -> tuple[int, str]:
    """Start the file of the folder, and interrupt it as soon as this is there."""
    starting = shell.popen("start")
    until(there.exists, what=f"{there.name}, or the start to go on")
    starting.send_signal(by)
    _, said = starting.communicate(timeout=30)
    return starting.returncode, said


@pytest.mark.parametrize("there", ["daemon.log", "keeper.pid", "keeper.sock", "rpc.sock"])
def test_a_start_interrupted_while_nothing_serves_ends_its_keeper(shell: Shell, there: str):
    shell.write(SLOW)

    code, said = interrupted(shell, shell.home / there)

    assert (code, said.splitlines()[-1]) == (130, "interrupted: nothing was left running")
    assert "Traceback" not in said
    assert no_keeper(shell)


@pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_start_that_another_signal_ends_leaves_no_more_than_control_c_does(shell: Shell, by: int, code: int):
    """As `timeout 10 chorus start` sends it, or a terminal that is closed."""
    shell.write(SLOW)

    assert interrupted(shell, shell.home / "rpc.sock", by)[0] == code
    assert no_keeper(shell)


def test_a_start_interrupted_under_a_keeper_that_ran_before_goes_on_and_says_so(shell: Shell):
    shell.ok("start", "sleep 1000", "-n", "job")
    shell.write(SLOW)
    starting = shell.popen("start")
    until(lambda: bool(shell.instances("slow")), what="the manager to know of it")

    starting.send_signal(signal.SIGINT)
    _, said = starting.communicate(timeout=30)

    assert starting.returncode == 130
    assert "interrupted: the start goes on" in said
    assert shell.states("slow") == ["starting"]
    assert shell.states("job") == ["online"]


def test_a_reload_interrupted_goes_on_and_says_so(shell: Shell):
    shell.write(ECHO + "instances = 3\n")
    shell.ok("start")
    before = shell.pids()["echo"]
    reloading = shell.popen("reload")
    until(lambda: shell.pids()["echo"] != before, what="the first instance to be replaced")

    reloading.send_signal(signal.SIGINT)
    _, said = reloading.communicate(timeout=30)

    assert reloading.returncode == 130
    assert "interrupted: the reload goes on" in said
    until(lambda: not set(before) & set(shell.pids()["echo"]), what="the reload to be finished")

"""A real keeper with real children: started, listened to, signalled, reaped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chorus.cluster.keeper.wire import (
    ChildExited,
    ChildNotified,
    Exited,
    Failure,
    FamilyEnded,
    ForgetChild,
    Inspect,
    OpenListener,
    OpenPage,
    SignalChild,
    SpawnChild,
    Tail,
)
from cluster.keeper.running import python
from parts.shell import alive
from processes.keeper_parts import NOTIFY, SLEEP, logs_in
from waiting import until

pytestmark = pytest.mark.processes


# Children


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["no-such-program"], "cannot run no-such-program: No such file or directory"),
        (["/etc/passwd"], "cannot run /etc/passwd: Permission denied"),
    ],
)
def test_a_program_that_cannot_be_executed_is_an_error_with_its_reason(keeper, client, argv, reason):
    with pytest.raises(Failure) as failed:
        keeper.spawn(client, "x:0:1", *argv, env={"PATH": os.defpath})  # a folder that is not to be entered is another

    assert (failed.value.code, failed.value.message) == ("exec_failed", reason)
    assert client.do(Inspect()).children == []


def test_a_working_folder_that_is_not_there_is_named(client):
    with pytest.raises(Failure, match="entering /nowhere: No such file or directory"):
        client.do(SpawnChild("x:0:1", SLEEP, "/nowhere", {}))


def test_a_killed_child_is_told_to_subscribers_and_stays_in_the_snapshot_until_forgotten(keeper, client):
    pid = keeper.spawn(client, "x:0:1", *SLEEP, notes="opaque").pid

    os.kill(pid, signal.SIGKILL)

    fact = client.fact(ChildExited)
    assert (fact.key, fact.pid, fact.code, fact.signal) == ("x:0:1", pid, None, 9)
    [child] = client.do(Inspect()).children
    assert (child.notes, child.exited) == ("opaque", Exited(None, 9, fact.at))
    client.do(ForgetChild("x:0:1"))
    assert client.do(Inspect()).children == []


def test_an_exit_code_is_told(keeper, client):
    keeper.spawn(client, "x:0:1", "sh", "-c", "exit 42")

    assert client.fact(ChildExited).code == 42


def test_a_child_has_default_signals_no_foreign_descriptors_and_a_session_of_its_own(keeper, client):
    client.do(OpenListener("one", "127.0.0.1", 0))
    client.do(OpenListener("two", "127.0.0.1", 0))
    client.do(OpenPage("load", 64))
    program = """
import os, signal, socket
fds = sorted(int(fd) for fd in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{fd}'))
print(fds, os.getsid(0) == os.getpid(), os.readlink('/proc/self/fd/0'))
print([line for line in open('/proc/self/status') if line.startswith(('SigBlk', 'SigIgn'))])
print(socket.socket(fileno=3).getsockname()[1], socket.socket(fileno=4).getsockname()[1])
print(os.environ['LISTEN_FDS'], os.environ['LISTEN_FDNAMES'], os.environ['LISTEN_PID'] == str(os.getpid()))
print(os.environ['CHORUS_LOAD_FD'], os.fstat(5).st_size, os.environ.get('HOME'))
"""

    keeper.spawn(client, "x:0:1", *python(program), listeners=["two", "one"], page="load", env={"LISTEN_FDS": "9"})

    client.fact(ChildExited)
    ports = {listener.name: listener.port for listener in client.do(Inspect()).listeners}
    shown = client.do(Tail("x:0:1")).lines
    assert shown[0] == "[0, 1, 2, 3, 4, 5] True /dev/null"
    assert "SigBlk:\\t0000000000000000" in shown[1]
    # The two that Python itself ignores at its start: SIGPIPE and SIGXFSZ. 32 and 33 are the C library's own.
    ignored = int(shown[1].partition("SigIgn:\\t")[2][:16], 16)
    assert ignored & ~(0b11 << 31) == 0x1001000
    assert shown[2:] == [f"{ports['two']} {ports['one']}", "2 two:one True", "5 64 None"]


def test_a_signal_to_the_group_reaches_what_the_child_started(keeper, client):
    keeper.spawn(client, "x:0:1", "sh", "-c", "sleep 600 & echo $!; wait")
    [grandchild] = until(lambda: client.do(Tail("x:0:1")).lines)

    client.do(SignalChild("x:0:1", signal.SIGTERM, group=True))

    until(lambda: not alive(int(grandchild)), what="the grandchild to end")
    assert client.fact(ChildExited).signal == signal.SIGTERM


def test_what_an_exited_child_left_behind_can_still_be_signalled_and_then_nothing_can(keeper, client):
    keeper.spawn(client, "x:0:1", "sh", "-c", "sleep 600 & echo $!")
    client.fact(ChildExited)
    [grandchild] = client.do(Tail("x:0:1")).lines
    assert alive(int(grandchild))

    client.do(SignalChild("x:0:1", signal.SIGKILL, group=True))

    until(lambda: not alive(int(grandchild)), what="the grandchild to end")
    with pytest.raises(Failure) as failed:
        client.do(SignalChild("x:0:1", signal.SIGKILL))
    assert failed.value.code == "not_running"


def test_a_key_in_use_and_a_running_child_are_protected(keeper, client):
    keeper.spawn(client, "x:0:1", *SLEEP)

    with pytest.raises(Failure) as again:
        keeper.spawn(client, "x:0:1", *SLEEP)
    with pytest.raises(Failure) as forgotten:
        client.do(ForgetChild("x:0:1"))

    assert (again.value.code, forgotten.value.code) == ("conflict", "running")


def test_starting_and_ending_children_leaks_no_descriptor_and_no_zombie(keeper, client, tmp_path):
    def cycle(number):
        pid = keeper.spawn(client, f"x:0:{number}", "true", logs=logs_in(tmp_path)).pid
        client.fact(ChildExited, pid=pid)
        client.do(ForgetChild(f"x:0:{number}"))
        return pid

    def descriptors():
        return len(os.listdir(f"/proc/{keeper.process.pid}/fd"))

    cycle(0)
    before = until(descriptors)
    pids = [cycle(number) for number in range(1, 100)]

    until(lambda: descriptors() <= before, what="all descriptors to be closed")
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_an_orphan_of_a_child_is_the_keepers_to_reap_and_the_last_one_is_told_of(keeper, client):
    """The child forks twice: its grandchild lives on without a parent, outside its session, and ends."""
    home = str(keeper.home)
    program = "import os, time\nif os.fork() == 0:\n if os.fork() == 0:\n  os.setsid()\n"
    program += "  print(os.getpid(), flush=True)\n"
    program += f"  while os.path.exists({home!r}) and not os.path.exists({home + '/go'!r}): time.sleep(0.01)\n"
    program += " os._exit(0)\nos.wait()"
    keeper.spawn(client, "x:0:1", *python(program))
    assert client.fact(ChildExited, key="x:0:1").left
    [orphan] = until(lambda: client.do(Tail("x:0:1")).lines)
    stat = Path(f"/proc/{orphan}/stat")
    assert int(stat.read_text().rpartition(")")[2].split()[1]) == keeper.process.pid

    (keeper.home / "go").touch()

    assert client.fact(FamilyEnded).key == "x:0:1"
    assert not stat.exists()
    client.do(Inspect())
    assert not client.facts


# What children say


def test_readiness_and_status_are_told_and_kept(keeper, client):
    program = "say('READY=1\\nSTATUS=on')\nwait('go')\nsay('READY=1')\nsay('STATUS=off')"
    keeper.spawn(client, "x:0:1", *python(NOTIFY + program))

    assert client.fact(ChildNotified).state == {"READY": "1", "STATUS": "on"}
    (keeper.home / "go").touch()
    assert client.fact(ChildNotified).state == {"READY": "1", "STATUS": "off"}
    client.fact(ChildExited)
    assert client.do(Inspect()).children[0].state == {"READY": "1", "STATUS": "off"}
    assert not client.facts


def test_a_last_word_before_the_exit_is_heard_behind_many_others(keeper, client):
    """The keeper is stopped meanwhile, so that it finds all words and the exit at once."""
    program = NOTIFY + "wait('go')\nfor n in range(9): say(f'STATUS={n}')\nsay('STATUS=last word')\nos._exit(3)"
    pid = keeper.spawn(client, "x:0:1", *python(program)).pid
    keeper.process.send_signal(signal.SIGSTOP)
    (keeper.home / "go").touch()
    until(lambda: not alive(pid), what="the child to end")
    keeper.process.send_signal(signal.SIGCONT)

    client.fact(ChildExited)

    assert client.do(Inspect()).children[0].state == {"STATUS": "last word"}


def test_a_talkative_child_does_not_drown_the_subscribers(keeper, client):
    keeper.spawn(client, "x:0:1", *python(NOTIFY + "for n in range(5000): say(f'STATUS={n}')"))

    client.fact(ChildExited)

    told = [fact.state["STATUS"] for fact in client.facts]
    assert told[-1] == "4999"
    assert len(told) < 500


def test_a_sign_of_life_comes_with_its_time(keeper, client):
    keeper.spawn(client, "x:0:1", *python(NOTIFY + "say('WATCHDOG=1')\nwait('go')\nsay('WATCHDOG=1')"))

    first = client.fact(ChildNotified)
    until(lambda: time.monotonic() > float(first.state["WATCHDOG"]) + 0.001, what="the next millisecond")
    (keeper.home / "go").touch()
    second = client.fact(ChildNotified)

    assert 0 < float(first.state["WATCHDOG"]) < float(second.state["WATCHDOG"])


def test_a_process_a_child_started_speaks_for_the_child_and_a_stranger_does_not(keeper, client):
    stranger = f"import os\nos.environ['NOTIFY_SOCKET'] = {str(keeper.home / 'notify.sock')!r}\n" + NOTIFY
    subprocess.run([sys.executable, "-c", stranger + "say('STATUS=stranger')"], check=True)
    inner = NOTIFY + "say('STATUS=inner')\nsys.stdin.readline()"
    keeper.spawn(client, "x:0:1", *python(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {inner!r}])"))

    client.fact(ChildExited)

    assert client.do(Inspect()).children[0].state == {"STATUS": "inner"}

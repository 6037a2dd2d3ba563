"""Row 29: what a program started ends with it, whatever it did to get away; and `treekill = false` lets it live."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from chorus.cluster.messages import Delete, Kill, Restart, Start, Stop, Update
from cluster.manager.running import RunningCluster
from parts.shell import Shell, alive
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

ESCAPING = """
import os, signal, sys, time
def begin(name, *, deaf=False):
    # A daemon as the books have it, and thoroughly: two forks, a session of its own, no environment, nothing inherited.
    if os.fork():
        return os.wait()
    os.setsid()
    if os.fork():
        os._exit(0)
    code = "import os, signal, time; "
    code += "signal.signal(signal.SIGTERM, signal.SIG_IGN); " if deaf else ""
    code += "os.closerange(0, 100); open(" + repr(name + ".new") + ", 'w').write(str(os.getpid())); "
    code += "os.rename(" + repr(name + ".new") + ", " + repr(name) + "); "
    code += "[time.sleep(0.05) for _ in iter(lambda: os.path.exists(" + repr(os.getcwd()) + "), False)]"
    os.execve(sys.executable, ["daemon", "-S", "-c", code], {})
"""
"""It ends by itself when its folder is gone: with the test."""

WAIT = "\nwhile True: time.sleep(60)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def program(cluster: RunningCluster, folder: Path, text: str, **changes: object):
    (folder / "program.py").write_text(ESCAPING + text)
    return cluster.spec(
        name="program", app=None, command=(sys.executable, "-S", "program.py"), cwd=str(folder), port=None, instances=1,
        settle=0.0, restart_delay=0.1, **changes,
    )  # fmt: skip


def pid_in(file: Path) -> int:
    """Of the daemon that wrote itself down there."""
    until(file.exists, within=30, what=f"{file.name} to begin")
    pid = int(file.read_text())
    file.unlink()
    return pid


def started(cluster: RunningCluster, folder: Path, text: str, **changes: object) -> int:
    """Start a program that begins a daemon "one"; the daemon's pid, once nobody is its parent but the keeper."""
    cluster.done(Start(applications=[program(cluster, folder, text, **changes)]))
    return pid_in(folder / "one")


def test_a_daemon_in_a_session_of_its_own_ends_with_a_stop_a_restart_and_a_delete(cluster, folder):
    """Row 29: also with a stop after an update of the keeper that began it (row 31)."""
    first = started(cluster, folder, "begin('one')" + WAIT)
    assert os.getsid(first) != os.getsid(cluster.instances("program")[0].pid)

    cluster.done(Restart(["program"]))
    assert not alive(first)
    second, manager = pid_in(folder / "one"), cluster.status().manager_pid
    cluster.done(Update())
    until(lambda: (seen := cluster.seen()) and seen.manager_pid != manager, what="another manager")
    cluster.done(Stop(["program"]))
    assert not alive(second)
    cluster.done(Start(targets=["program"]))
    third = pid_in(folder / "one")
    cluster.done(Delete(["program"]))
    assert not alive(third)


@pytest.mark.cluster("own")
def test_it_ends_with_a_program_that_crashes_and_with_everything(cluster, folder):
    """Row 29: a crash leaves nothing to end in peace, and neither does `kill`."""
    first = started(cluster, folder, "begin('one')" + WAIT)

    os.kill(cluster.instances("program")[0].pid, signal.SIGKILL)
    until(lambda: not alive(first), what="the daemon to end with its program")
    second = pid_in(folder / "one")
    cluster.done(Kill())
    cluster.keeper.process.wait(30)
    assert not alive(second)


def test_what_a_daemon_starts_while_it_is_being_killed_ends_too(cluster, folder):
    """Row 29: each process of the chain starts the next and is gone; whoever is left when it is looked at is killed."""
    chain = """
def run():
    while os.path.exists('.'):
        if os.fork():
            os._exit(0)
        os.setsid()
        with open('last.new', 'w') as file:
            file.write(str(os.getpid()))
        os.rename('last.new', 'last')
        time.sleep(0.002)
begin('one')
if not os.fork():
    run()
"""
    started(cluster, folder, chain + WAIT, kill_timeout=0.5)
    until((folder / "last").exists, what="the chain to begin")

    cluster.done(Stop(["program"]))

    until(lambda: _stands_still(folder / "last"), within=30, what="the chain to end")


def _stands_still(file: Path) -> bool:
    """Whether nobody has written itself down for longer than one of them lives."""
    return time.time() - file.stat().st_mtime > 0.5


@pytest.mark.cluster("own")
def test_a_stop_lets_what_a_shell_started_finish_in_its_time(cluster, folder):
    """Row 29: a shell is gone at the stop signal, and what it runs has still requests to answer."""
    (folder / "server.py").write_text("""
import os, signal, sys, time
def end(*_):
    while not os.path.exists("may-end"): time.sleep(0.01)
    open("finished", "w").close()
    sys.exit()
signal.signal(signal.SIGTERM, end)
open("one.new", "w").write(str(os.getpid()))
os.rename("one.new", "one")
while True: time.sleep(60)
""")
    command = ("sh", "-c", f"true; {sys.executable} -S server.py; true")
    spec = program(cluster, folder, "", kill_timeout=30.0)
    cluster.done(Start(applications=[msgspec.structs.replace(spec, command=command)]))
    server = pid_in(folder / "one")
    shell = cluster.instances("program")[0].pid
    with cluster.asking(Stop(["program"])) as stopping:
        until(lambda: not alive(shell), what="the shell to end")
        until(lambda: cluster.instances("program")[0].pid is None, what="its end to be known")
        assert (alive(server), cluster.states("program")) == (True, ["stopping"])
        (folder / "may-end").touch()
        assert stopping.result(30).text == "stopped program"

    assert (folder / "finished").exists()
    assert not alive(server)


def test_what_does_not_end_in_its_time_is_killed(cluster, folder):
    """Row 29."""
    deaf = started(cluster, folder, "begin('one', deaf=True)" + WAIT, kill_timeout=0.5)

    cluster.done(Stop(["program"]))

    until(lambda: not alive(deaf), what="the daemon to be killed")


def test_a_program_that_was_stopped_by_a_signal_hears_that_it_is_to_end(cluster, folder):
    """It finishes in peace instead of being killed when its time is over."""
    text = "def end(*_):\n    open('finished', 'w').close()\n    sys.exit()\n"
    text += "signal.signal(signal.SIGTERM, end)\nbegin('one')"
    started(cluster, folder, text + WAIT, kill_timeout=60.0)
    os.kill(cluster.instances("program")[0].pid, signal.SIGSTOP)

    cluster.done(Stop(["program"]))

    assert (folder / "finished").exists()


@pytest.mark.cluster("own")
def test_treekill_false_ends_the_program_alone(cluster, folder):
    """Row 29: PM2's `treekill`. A child that never left its session lives on as well, and nobody waits for it."""
    child = """
if not os.fork():
    open('child.new', 'w').write(str(os.getpid()))
    os.rename('child.new', 'child')
    while os.path.exists('.'): time.sleep(0.05)
    os._exit(0)
"""
    daemon = started(cluster, folder, f"{child}begin('one'){WAIT}", treekill=False, kill_timeout=60.0)
    left = [daemon, pid_in(folder / "child")]

    cluster.done(Restart(["program"]))
    left += [pid_in(folder / "one"), pid_in(folder / "child")]
    began = time.monotonic()
    cluster.done(Stop(["program"]))
    took = time.monotonic() - began
    cluster.done(Kill())
    cluster.keeper.process.wait(30)
    assert [alive(pid) for pid in left] == [True] * 4
    assert took < 30
    for pid in left:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.cluster("own")
def test_what_a_killed_keeper_left_is_ended_with_what_got_away(shell: Shell, folder):
    """Row 29: the next start finds it by its mark, though its own program has ended too."""
    (folder / "program.py").write_text(ESCAPING + "begin('one')\nbegin('two')" + WAIT)
    shell.ok("start", f"{sys.executable} -S {folder}/program.py", "-n", "program")
    one, two = pid_in(shell.folder / "one"), pid_in(shell.folder / "two")
    status, [program] = shell.status(), shell.pids()["program"]
    os.kill(status["keeper_pid"], signal.SIGKILL)
    until(lambda: not alive(status["manager_pid"]), within=30, what="the manager to end with its keeper")
    os.kill(program, signal.SIGKILL)
    until(lambda: not alive(program), what="the program to end")

    said = shell.chorus("status")
    assert all(f"(pid {pid})" in said.stderr for pid in (one, two)), said.stderr
    assert shell.ok("kill") == "everything ended\n"
    assert (alive(one), alive(two)) == (False, False)


@pytest.mark.cluster("own")
def test_a_keeper_that_is_started_in_an_instance_outlives_it(cluster, folder, home):
    """Whoever starts a cluster, in a terminal that a program of ours gives, say, wants it to stay."""
    inner = home / "inner"  # as short a path as a socket's has to be
    text = f"""
import subprocess
if not os.path.exists({str(inner)!r}):
    os.environ["CHORUS_HOME"] = {str(inner)!r}
    os.chdir({str(home)!r})
    subprocess.run([{sys.executable!r}, "-m", "chorus", "start", "sleep 600", "-n", "inner"], check=True)
    open({str(folder / "done")!r}, "w").close()
"""
    spec = program(cluster, folder, text + WAIT)
    cluster.done(Start(applications=[msgspec.structs.replace(spec, command=(sys.executable, "program.py"))]))
    until((folder / "done").exists, within=60, what="the inner cluster to run")
    keeper = int((inner / "keeper.pid").read_text())

    cluster.done(Stop(["program"]))

    assert alive(keeper)
    environment = {**os.environ, "CHORUS_HOME": str(inner)}
    subprocess.run([sys.executable, "-m", "chorus", "kill"], env=environment, check=True, capture_output=True)

"""What the cluster outlives (rows 27 to 33 of its table of behaviours) and its logs (rows 39, 40), with real processes.

`make endurance` runs the long form of row 33.
"""

import gzip
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from chorus.cluster.keeper.wire import ChildExited, Logs, Subscribe
from chorus.cluster.messages import Failed, Reload, Restart, Start, Stop, Update
from chorus.cluster.rpc.client import RpcError
from cluster.keeper.running import SOURCES, RunningKeeper, python
from cluster.manager.running import Askers, RunningCluster, get
from waiting import until

pytestmark = pytest.mark.processes

RECOVERY = 2.0
"""Seconds in which a manager that was killed is followed by one that answers; where the machine is so busy that the
program alone takes a third of that to start, three times as long as that."""


@pytest.fixture
def cluster(home):
    with RunningCluster(home) as running:
        yield running


def live(cluster, **changes):
    return cluster.spec(name="live", app="live:application", **changes)


class Held:
    """Upgraded connections that stay open and answer."""

    def __init__(self, port: int, count: int) -> None:
        self._sockets = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
        for each in self._sockets:
            each.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
        for each in self._sockets:
            assert b" 101 " in each.recv(1000)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self._sockets:
            each.close()

    def answering(self) -> int:
        """How many give back what they are sent."""
        for each in self._sockets:
            each.sendall(b"still there?")
        return sum(each.recv(100) == b"still there?" for each in self._sockets)


def programs(cluster, **changes):
    """A program of ours that eats memory when it is told to, by a file."""
    program = "import os, time\nwhile not os.path.exists('eat'): time.sleep(0.01)\nheld = b'x' * 200_000_000\n"
    command = tuple(python(program + "print('full', flush=True)\ntime.sleep(600)"))
    return cluster.spec(name="live", app=None, port=None, command=command, cwd=str(cluster.home), **changes)


@pytest.mark.alone
@pytest.mark.parametrize("mode", ["app", "command"])
def test_memory_over_the_limit_is_followed_by_a_graceful_restart(cluster, mode):
    """Row 27: restarted gracefully within 5 s of crossing the limit, an application of ours and any program."""
    limits = {"max_memory_restart": 150 * 1024**2, "min_uptime": 0.5, "instances": 1}
    cluster.done(Start(applications=[live(cluster, **limits) if mode == "app" else programs(cluster, **limits)]))
    [before] = cluster.instances("live")
    until(lambda: cluster.instances("live")[0].uptime > 0.5, what="a stable run")

    if mode == "app":
        get(cluster.port("live"), "/eat?200000000")
    else:
        (cluster.home / "eat").touch()
    crossed = time.monotonic()
    until(lambda: cluster.instances("live")[0].pid not in {before.pid, None}, what="a new process")
    (cluster.home / "eat").unlink(missing_ok=True)
    until(lambda: cluster.states("live") == ["online"], what="the restart")

    assert time.monotonic() - crossed < 5.0
    [after] = cluster.instances("live")
    assert after.restarts == 1
    assert "MB of memory, allowed 150 MB" in after.last_failure
    assert after.exit_code == (0 if mode == "app" else -signal.SIGTERM)


def test_a_worker_whose_event_loop_is_blocked_is_restarted_while_the_other_serves(cluster):
    """Row 28: it misses its signs of life; the others take new connections meanwhile."""
    cluster.done(Start(applications=[live(cluster, watchdog=1.0, kill_timeout=0.5, restart_delay=0.1)]))
    port, before = cluster.port("live"), {each.number: each.pid for each in cluster.instances("live")}
    blocking = socket.create_connection(("127.0.0.1", port))
    blocking.sendall(b"GET /block HTTP/1.1\r\nhost: x\r\n\r\n")

    with Askers(port) as askers:
        restarted = until(
            lambda: next((each for each in cluster.instances("live") if each.restarts == 1), None), what="a restart"
        )
        until(lambda: cluster.states("live") == ["online", "online"], what="both to be online")

    blocking.close()
    assert restarted.last_failure == "gave no sign of life for 1 s"
    other = next(each for each in cluster.instances("live") if each.number != restarted.number)
    assert (other.pid, other.restarts) == (before[other.number], 0)
    assert askers.failures == []


def test_a_program_that_never_says_it_lives_is_not_watched(cluster):
    """Row 28: signs of life count from the first one on."""
    cluster.done(Start(applications=[programs(cluster, watchdog=0.2, instances=1)]))
    until(lambda: cluster.instances("live")[0].uptime > 1.5, what="time to pass")

    assert cluster.instances("live")[0].restarts == 0


def test_the_grandchildren_of_a_stopped_program_are_gone_too(cluster):
    """Row 29: those that ignore the signal and those whose parent ended first."""
    script = "(trap '' TERM; sleep 600) & echo $!; sh -c 'sleep 600 & echo $!'; wait"
    shell = cluster.spec(name="shell", app=None, command=("sh", "-c", script), port=None, instances=1, timestamps=False)
    cluster.done(Start(applications=[shell]))
    written = cluster.home / "out_file"
    until(lambda: written.exists() and written.read_text().count("\n") == 2, what="two grandchildren")

    cluster.done(Stop(["shell"]))

    for pid in written.read_text().split():
        until(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), what="the grandchild to be gone")


@pytest.mark.alone
def test_ten_killed_managers_are_back_in_time_and_nobody_noticed(cluster):
    """Row 30: under load, 0 failed requests, 0 closed connections; the next one knows ages, counts and exit codes."""
    cluster.done(Start(applications=[live(cluster, restart_delay=0.1)]))
    cluster.done(Restart(["live:1"]))
    before = cluster.instances("live")
    took = []

    with Held(cluster.port("live"), 20) as held, Askers(cluster.port("live")) as askers:
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-P", "-m", "chorus.cluster.manager", "--check"],
            env={**os.environ, "PYTHONPATH": SOURCES},
            check=True,
        )
        to_start = time.monotonic() - began
        for _ in range(10):
            cluster.kill_manager()
            killed = time.monotonic()
            until(cluster.answers, what="the manager to be back")
            took.append(time.monotonic() - killed)
            assert held.answering() == 20
        askers.after_this()
        after = cluster.instances("live")

    assert askers.failures == []
    assert max(took) < max(RECOVERY, 3 * to_start), (took, to_start)
    assert [(i.pid, i.restarts, i.state) for i in after] == [(i.pid, i.restarts, i.state) for i in before]
    assert all(now.uptime > then.uptime for now, then in zip(after, before, strict=True))

    manager = cluster.status().manager_pid
    os.kill(manager, signal.SIGSTOP)
    os.kill(before[0].pid, signal.SIGKILL)
    os.kill(manager, signal.SIGKILL)
    until(lambda: cluster.answers() and cluster.states("live") == ["online", "online"], what="a restart")
    assert (cluster.instances("live")[0].exit_code, cluster.instances("live")[0].restarts) == (-9, 1)


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
    try:
        found = cluster.status().manager_pid
    except (OSError, RpcError):
        return None
    return found if found != manager else None


@pytest.fixture
def release(tmp_path):
    """The sources of an installed release, which a test may replace."""
    shutil.copytree(Path(SOURCES) / "chorus", tmp_path / "chorus", ignore=shutil.ignore_patterns("__pycache__"))
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


def test_everything_in_the_home_is_the_owners_alone(cluster):
    """Row 32: folders 0700, sockets and files 0600, the workers' sockets and the logs too."""
    cluster.done(Start(applications=[live(cluster)]))
    paths = [cluster.home, *cluster.home.rglob("*")]

    modes = {str(path.relative_to(cluster.home)): path.stat().st_mode & 0o777 for path in paths}

    assert {
        name: mode for name, mode in modes.items() if mode != (0o700 if (cluster.home / name).is_dir() else 0o600)
    } == {}
    assert {"keeper.sock", "notify.sock", "rpc.sock", "keeper.pid", "children", "daemon.log", "out_file"} < set(modes)
    assert len([name for name in modes if name.startswith("run/live")]) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can pretend to be somebody else")
@pytest.mark.parametrize("name", ["rpc.sock", "keeper.sock"])
def test_another_user_is_refused_even_where_the_permissions_let_everybody_in(cluster, name):
    """Row 32: whoever connects is asked who they are."""
    for path in (cluster.home, cluster.home / name):
        path.chmod(0o777)
    stranger = f"""
import os, socket
os.setuid(65534)
with socket.socket(socket.AF_UNIX) as stranger:
    stranger.settimeout(5)
    stranger.connect({str(cluster.home / name)!r})
    print(stranger.recv(1000).decode())
"""

    shown = subprocess.run(python(stranger), capture_output=True, text=True, check=True).stdout

    assert '"permission"' in shown


def test_starting_and_stopping_leaks_no_memory_no_descriptor_and_no_zombie(cluster):
    """Row 33: keeper and manager grow by less than 5 %. `make endurance` does a thousand cycles, this one twenty."""
    cycles = int(os.environ.get("CHORUS_TEST_CYCLES", "20"))
    sleeper = cluster.spec(name="sleeper", app=None, command=("sleep", "600"), port=None, health=None)
    cluster.done(Start(applications=[sleeper]))

    def cycle(count):
        for _ in range(count):
            cluster.done(Stop(["sleeper"]))
            cluster.done(Start(targets=["sleeper"]))

    cycle(10)  # allocators and caches fill
    before = measures(cluster)
    cycle(cycles)

    def descriptors_are_back():
        """What is open for a moment, as the look at a process or a connection that ends, is closed by another one."""
        after = measures(cluster)
        return all(after[name].descriptors <= before[name].descriptors for name in before) and after

    after = until(descriptors_are_back, what=f"no more descriptors than {before}")
    assert all(after[name].memory < 1.05 * before[name].memory for name in before), (before, after)
    assert zombies(cluster) == []


class Measure(msgspec.Struct):
    """One look at a process."""

    memory: int
    descriptors: int


def measures(cluster):
    found = cluster.status()
    measured = {}
    for name, pid in (("keeper", found.keeper_pid), ("manager", found.manager_pid)):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        memory = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
        measured[name] = Measure(memory, len(os.listdir(f"/proc/{pid}/fd")))
    return measured


def zombies(cluster):
    """Children of the keeper that ended and were not reaped."""
    keeper = cluster.keeper.process.pid
    pids = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    return [pid for pid in pids if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"]


WRITER = """
import json, os, time
for n in range(40000):
    print(json.dumps({"instance": os.environ["CHORUS_INSTANCE_ID"], "n": n}), flush=n % 100 == 0)
    if n % 100 == 0:
        time.sleep(0.01)
"""


def test_rotations_while_four_instances_write_lose_and_tear_no_line(cluster):
    """Row 39: every JSON line is in exactly one of the files, whole; the earlier ones are compressed."""
    folder = cluster.home / "logs"
    writers = cluster.spec(
        name="writers", app=None, port=None, instances=4, command=tuple(python(WRITER)), autorestart=False,
        timestamps=False, out_file=str(folder / "out.log"), log_max_size=100_000, env={"PYTHONUNBUFFERED": ""},
    )  # fmt: skip

    cluster.done(Start(applications=[writers]))
    until(lambda: cluster.states("writers") == ["stopped"] * 4, within=30, what="the writers to end")
    until(lambda: [path for path in folder.iterdir() if path.suffix != ".gz"] == [], what="the last compression")

    files = [gzip.decompress(path.read_bytes()) for path in sorted(folder.iterdir())]
    assert len(files) > 2
    lines = [msgspec.json.decode(line) for file in files for line in file.splitlines()]
    for number in "0123":
        assert [line["n"] for line in lines if line["instance"] == number] == list(range(40000))


def test_files_of_each_instance_hold_its_json_lines_and_come_back_when_they_are_removed(cluster):
    """Row 39: out, error and combined files, here not merged."""
    folder = cluster.home / "logs"
    program = (
        "import itertools, json, sys, time\nfor n in itertools.count():\n time.sleep(0.01)\n"
        " print(json.dumps({'n': n}))\n print(json.dumps({'error': n}), file=sys.stderr)"
    )
    files = {f"{name}_file": str(folder / f"{name}.log") for name in ("out", "error", "combined")}
    talker = cluster.spec(name="talker", app=None, port=None, command=tuple(python(program)))
    talker = msgspec.structs.replace(talker, merge_logs=False, timestamps=False, **files)
    cluster.done(Start(applications=[talker]))
    paths = [folder / f"{name}-{number}.log" for name in ("out", "error", "combined") for number in (0, 1)]
    until(lambda: all(path.exists() and path.read_text().count("\n") > 9 for path in paths), what="lines in six files")

    for path in paths:
        path.unlink()
    until(lambda: all(path.exists() and path.read_text().count("\n") > 9 for path in paths), what="them to come back")

    cluster.done(Stop(["talker"]))
    for path, keys in zip(paths, [{"n"}, {"n"}, {"error"}, {"error"}, {"n", "error"}, {"n", "error"}], strict=True):
        lines = [msgspec.json.decode(line) for line in path.read_text().splitlines()]
        assert {key for line in lines for key in line} == keys


FLOOD = """
import os, time
worst, written, start = 0.0, 0, time.monotonic()
while written < 100_000:
    time.sleep(max(0.0, start + written / 50_000 - time.monotonic()))
    line = "{} {} a line of a log as it is usual, some eighty bytes with all that is before it"
    lines = "".join(line.format(os.environ["NUMBER"], n) + chr(10) for n in range(written, written + 500)).encode()
    before = time.monotonic()
    while lines:
        lines = lines[os.write(1, lines):]
    worst, written = max(worst, time.monotonic() - before), written + 500
print("took", time.monotonic() - start, "worst", worst)
"""


@pytest.mark.alone
def test_two_hundred_thousand_lines_a_second_are_written_whole_and_block_nobody(home):
    """Row 40: four programs, 50,000 lines a second each; none lost, none torn, no write waits longer than 50 ms."""
    with RunningKeeper(home) as keeper:
        client = keeper.client()
        client.do(Subscribe())
        client.socket.settimeout(60)
        for number in "0123":
            logs = Logs(out=str(home / "out.log"), combined=str(home / "combined.log"))
            keeper.spawn(client, f"x:{number}:1", *python(FLOOD), logs=logs, env={"NUMBER": number})
        for number in "0123":
            assert client.fact(ChildExited, key=f"x:{number}:1").code == 0

    texts = [line.partition(" | ")[2].split(" ", 2) for line in (home / "out.log").read_text().splitlines()]
    ends = [text for text in texts if text[0] == "took"]
    lines = [text for text in texts if text[0] != "took"]
    for number in "0123":
        assert [int(text[1]) for text in lines if text[0] == number] == list(range(100_000))
    assert {text[2] for text in lines} == {
        "a line of a log as it is usual, some eighty bytes with all that is before it"
    }
    assert max(float(text[2].split()[1]) for text in ends) < 0.05
    assert (home / "combined.log").stat().st_size == (home / "out.log").stat().st_size

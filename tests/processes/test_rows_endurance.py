"""What the cluster outlives (rows 27 to 30 and 33 of its table of behaviours), with real processes.

`make endurance` runs the long form of row 33.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from chorus.cluster.messages import Restart, Start, Stop
from cluster.keeper.running import SOURCES, python
from cluster.manager.running import Askers, get
from parts.held import Held, live
from waiting import until

pytestmark = pytest.mark.processes

RECOVERY = 2.0
"""Seconds in which a manager that was killed is followed by one that answers; where the machine is so busy that the
program alone takes a third of that to start, three times as long as that."""


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
    cluster.done(Start(applications=[live(cluster, watchdog=3.0, kill_timeout=0.5, restart_delay=0.1)]))
    port, before = cluster.port("live"), {each.number: each.pid for each in cluster.instances("live")}
    blocking = socket.create_connection(("127.0.0.1", port))
    blocking.sendall(b"GET /block HTTP/1.1\r\nhost: x\r\n\r\n")

    with Askers(port) as askers:
        restarted = until(
            lambda: next((each for each in cluster.instances("live") if each.restarts == 1), None), what="a restart"
        )
        until(lambda: cluster.states("live") == ["online", "online"], what="both to be online")

    blocking.close()
    assert restarted.last_failure == "gave no sign of life for 3 s"
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
    command = ("sh", "-c", script)
    shell = cluster.spec(
        name="shell", app=None, command=command, port=None, instances=1, timestamps=False, kill_timeout=1.0
    )
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


def test_starting_and_stopping_leaks_no_memory_no_descriptor_and_no_zombie(cluster):
    """Row 33: keeper and manager grow by less than 5 %. `make endurance` does a thousand cycles, this one twenty."""
    cycles = int(os.environ.get("CHORUS_TEST_CYCLES", "20"))
    sleeper = cluster.spec(name="sleeper", app=None, command=("sleep", "600"), port=None, settle=0.0)
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

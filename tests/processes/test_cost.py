"""What keeper and manager cost when there is nothing to do, with 8 instances."""

import os
import time
from pathlib import Path

import pytest

from chorus.cluster.messages import Start
from cluster.manager.running import RunningCluster
from waiting import until

pytestmark = pytest.mark.processes

MEMORY = 45 * 1024**2
"""Bytes that the two may have resident together."""

SHARE = 0.005
"""Of one core. Processor time is counted in hundredths of a second, so it is looked at for some of them."""

WATCHED = 4.0


def test_an_idle_cluster_of_eight_costs_less_than_45_mb_and_half_a_percent(home):
    """Keeper and manager together: resident memory, and processor time of a core."""
    with RunningCluster(home) as cluster:
        sleepers = cluster.spec(name="sleepers", app=None, port=None, command=("sleep", "600"), instances=8)
        cluster.done(Start(applications=[sleepers]))
        pids = [cluster.status().keeper_pid, cluster.status().manager_pid]
        began, before = time.monotonic(), sum(map(spent, pids))

        until(lambda: time.monotonic() - began > WATCHED, what="time to pass")

        share = (sum(map(spent, pids)) - before) / (time.monotonic() - began)
        assert sum(map(resident, pids)) < MEMORY
        assert share < SHARE + 1 / os.sysconf("SC_CLK_TCK") / WATCHED


def spent(pid: int) -> float:
    """Processor time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

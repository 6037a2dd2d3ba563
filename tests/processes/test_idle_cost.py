"""What keeper and manager cost while eight instances are idle and each is looked at once a second."""

import time
from pathlib import Path

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.alone]

MOST_MEMORY = 45 * 1024**2
"""Resident bytes of both together."""

MOST_CPU = 0.005
"""Of a core, both together."""

WINDOW = 4.0


def memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def processor_time(pid: int) -> float:
    return sum(int(each.read_text().split()[0]) for each in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def test_keeper_and_manager_stay_small_and_quiet(shell: Shell):
    """Under 45 MB together, and under 0.5 % of a core: in the best of some windows, as others use this machine too."""
    shell.ok("start", "sleep 1000", "-n", "job", "-i", "8")
    status = shell.status()
    both = (status["keeper_pid"], status["manager_pid"])

    def share() -> float:
        before, began = sum(map(processor_time, both)), time.monotonic()
        until(lambda: time.monotonic() - began >= WINDOW, what="a window")
        return (sum(map(processor_time, both)) - before) / (time.monotonic() - began)

    assert sum(map(memory, both)) < MOST_MEMORY
    assert min(share() for _ in range(2)) < MOST_CPU

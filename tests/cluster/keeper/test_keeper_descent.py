"""Who descends from whom, and which child a mark is of."""

import os
import signal
import subprocess
import sys

import pytest

from chorus.cluster.keeper import descent, marks
from chorus.cluster.keeper.descent import Process, with_descendants
from waiting import until


def tree(**parents: int) -> dict[int, Process]:
    """Processes by pid, each `p7=3`: 7 is a child of 3."""
    pids = {int(name[1:]): parent for name, parent in parents.items()}
    return {pid: Process(pid, parent, pid, pid, "100") for pid, parent in pids.items()}


def found(processes: dict[int, Process], *roots: int) -> list[int]:
    def children(pid: int) -> list[int]:
        return [each.pid for each in processes.values() if each.parent == pid]

    return [process.pid for process in with_descendants(roots, children, processes.get)]


def test_all_that_descends_from_the_roots_is_found_once_with_parents_before_children():
    assert found(tree(p2=1, p3=2, p4=2, p5=3, p9=1), 2, 3) == [2, 3, 4, 5]


def test_what_has_ended_is_left_out_with_what_was_below_it():
    """Its children are somebody else's by then: the system gives none to a process that is gone."""
    assert found(tree(p5=3), 3) == []


def test_processes_that_name_each_other_as_parents_are_gone_through_once():
    """Two looks at different moments can say that: a pid was given anew between them."""
    assert found(tree(p2=3, p3=2), 2) == [2, 3]


@pytest.mark.parametrize("listed", [True, False], ids=["children are listed", "all processes are looked at"])
def test_real_processes_are_found(monkeypatch, listed):
    monkeypatch.setattr(descent, "_LISTED", listed)
    with subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60; wait"]) as shell:
        try:
            both = until(lambda: len(processes := descent.family([shell.pid])) == 3 and processes, what="two sleeps")
            assert shell.pid in descent.children_of(os.getpid())
            assert [process.parent for process in both] == [os.getpid(), shell.pid, shell.pid]
        finally:
            for process in descent.family([shell.pid]):
                descent.send(process, signal.SIGKILL)


@pytest.mark.parametrize("pidfds", [True, False], ids=["by pidfd", "by pid"])
def test_a_pid_that_another_process_has_by_now_gets_no_signal(monkeypatch, pidfds):
    if not pidfds:
        monkeypatch.setattr(descent, "_pidfd", lambda _: None)
    with subprocess.Popen(["sleep", "60"]) as another:
        process = descent.seen(another.pid)

        assert not descent.send(process._replace(started="1"), signal.SIGKILL)
        assert another.poll() is None
        assert descent.send(process, signal.SIGKILL)
        assert another.wait(10) == -signal.SIGKILL
        assert not descent.send(process, signal.SIGKILL)


def test_a_mark_is_of_one_child_and_of_no_other_keepers():
    base = 1 << 61

    assert [marks.number(base - 7, base), marks.number(base, base), marks.number(base + 1, base)] == [7, 0, 0]
    assert marks.number(base - marks.MOST, base) == 0
    assert (marks.number(0, base), marks.number(5, 0)) == (0, 0)


def test_a_mark_is_inherited_and_a_keeper_inside_has_another_base():
    program = "from chorus.cluster.keeper import marks; import os\n"
    program += "base = marks.choose(); marks.put(base - 3)\n"
    program += "inner = marks.choose()\n"
    program += "pid = os.fork() or os.execv('/bin/sh', ['sh', '-c', 'exec sleep 60'])\n"
    program += "print(marks.number(marks.of(pid), base), marks.number(inner, base), inner < base)\n"
    program += "os.kill(pid, 9)"

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert said.stdout == "3 0 True\n"

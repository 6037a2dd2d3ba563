"""A keeper that was killed: its children serve on, and every command says so and what to do."""

import os
import signal
from pathlib import Path

import pytest

from parts.shell import Shell, alive
from waiting import until

pytestmark = pytest.mark.processes


def _left(shell: Shell) -> dict[str, list[int]]:
    """Two applications whose keeper is killed; their pids."""
    shell.ok("start", "sleep 600", "-n", "one", "-i", "2")
    shell.ok("start", "sleep 601", "-n", "two")
    status, pids = shell.status(), shell.pids()
    os.kill(status["keeper_pid"], signal.SIGKILL)
    until(lambda: not alive(status["manager_pid"]), within=30, what="the manager to end with its keeper")
    return pids


def test_status_stop_and_info_name_the_keeper_and_what_still_serves_until_a_start_ends_it(shell: Shell):
    pids = _left(shell)
    first, second, third = *pids["one"], *pids["two"]
    named = f"one:0 (pid {first}), one:1 (pid {second}), two:0 (pid {third})"

    for command in ("status", "stop"):
        said = shell.chorus(command)
        assert said.returncode == 3
        assert f"was killed; {named}: each of them serves on" in said.stderr
        assert "chorus start ends what is left and starts anew" in said.stderr
    assert named in shell.ok("info")

    shell.ok("start", "sleep 602", "-n", "three")
    assert not any(alive(pid) for pid in (first, second, third))
    assert list(shell.pids()) == ["three"]


def test_kill_ends_what_is_left_and_then_nothing_is_said_to_run(shell: Shell, home: Path):
    pids = _left(shell)

    assert shell.ok("kill") == "everything ended\n"

    assert not any(alive(pid) for each in pids.values() for pid in each)
    assert shell.chorus("status").stderr.startswith(f"chorus: nothing runs (no manager in {home})")


def test_plan_names_what_is_left_that_an_apply_would_end(shell: Shell):
    shell.write('[[apps]]\nname = "one"\ncommand = ["sleep", "600"]\ninstances = 2\n')
    pids = _left(shell)

    said = shell.chorus("plan")

    assert (said.returncode, said.stdout.splitlines()[0]) == (5, "+ one: start")
    named = ", ".join(f"{name} (pid {pid})" for name, pid in zip(["one:0", "one:1", "two:0"], _flat(pids), strict=True))
    assert f"was killed; {named} of it run on: apply ends what is left and starts everything anew" in said.stderr


def _flat(pids: dict[str, list[int]]) -> list[int]:
    return [pid for each in pids.values() for pid in each]

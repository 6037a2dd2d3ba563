"""Somebody removes the folder of a cluster that runs, and starts another cluster in its place."""

import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from chorus.cluster.rpc.identity import identity
from chorus.cluster.rpc.server import LOOK_EVERY
from parts.shell import Shell, alive
from waiting import until

pytestmark = pytest.mark.processes

FILES = ("keeper.pid", "keeper.sock", "notify.sock", "rpc.sock", "metrics.sock")


@pytest.mark.parametrize("killed", [False, True], ids=["its manager lives", "its manager is killed"])
def test_the_first_cluster_takes_nothing_of_the_second_one_while_it_lives_and_when_it_ends(shell: Shell, killed: bool):
    """Nor does a manager that its keeper starts after a killed one take the other's instances for its own."""
    shell.ok("start", "/bin/sleep", "--name", "one", "--", "1000")
    first = shell.status()
    shutil.rmtree(shell.home)
    shell.ok("start", "/bin/sleep", "--name", "two", "--", "1000")
    second = shell.status()
    log = shell.home / "daemon.log"
    made = {name: identity(str(shell.home / name)) for name in FILES}
    begun = time.monotonic()
    try:
        if killed:
            os.kill(first["manager_pid"], signal.SIGKILL)
            until(lambda: "is the home of another keeper" in said_by(first), within=20, what="its next manager to see")
        until(lambda: time.monotonic() > begun + 2 * LOOK_EVERY, within=30, what="two looks at the sockets")
    finally:
        os.kill(first["keeper_pid"], signal.SIGTERM)
        until(lambda: not alive(first["keeper_pid"]), within=20, what="the first keeper to end")

    after = shell.status()
    assert (after["keeper_pid"], after["manager_pid"]) == (second["keeper_pid"], second["manager_pid"])
    assert shell.states("two") == ["online"]
    assert {name: identity(str(shell.home / name)) for name in FILES} == made
    assert "listening anew" not in log.read_text()


def said_by(cluster: dict[str, Any]) -> str:
    """Its daemon.log, of which it holds the only name."""
    return Path(f"/proc/{cluster['keeper_pid']}/fd/2").read_text()

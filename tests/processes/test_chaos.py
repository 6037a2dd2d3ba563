"""`chorus chaos`, short; `make chaos` is the whole of it."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from parts.cluster import COMMAND
from parts.shell import alive
from waiting import until

pytestmark = pytest.mark.processes

SMALL = ("--clients", "12", "--channels", "3", "--instances", "2", "--seed", "7")


def environment(folder):
    return {**os.environ, "TMPDIR": str(folder)}


@pytest.fixture
def folder(home):
    """Where a run puts everything; its path is short enough for sockets, and another account may pass through it."""
    home.chmod(0o711)
    return home


def test_under_kills_nothing_acknowledged_is_missing_double_or_out_of_order(folder):
    """Row 18: a worker, the manager, Redis and PostgreSQL, while clients send."""
    done = subprocess.run(
        [COMMAND, "chaos", "--seconds", os.environ.get("CHORUS_TEST_CHAOS", "6"), *SMALL, "--json"],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=550,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    certificate = json.loads(done.stdout)
    verdict, killed = certificate["verdict"], certificate["killed"]
    assert certificate["good"]
    assert verdict["found"] == 0
    assert verdict["acknowledged"] == certificate["counted"]["sent"] > 0
    assert verdict["delivered"] == sum(proof["entries"] * proof["views"] for proof in verdict["channels"])
    assert all(proof["agreeing"] == proof["views"] for proof in verdict["channels"])
    assert killed["worker"] >= 1
    assert certificate["counted"]["reconnects"] >= 1, "nobody lost anything when workers were killed"
    assert killed["manager"] == killed["Redis"] == killed["PostgreSQL"] == 1
    assert list(folder.iterdir()) == [], "something was left behind"


def test_a_run_that_is_told_to_end_leaves_nothing_running(folder):
    run = subprocess.Popen(
        [COMMAND, "chaos", *SMALL, "--sqlite"], env=environment(folder), stderr=subprocess.PIPE, text=True
    )

    def told() -> str:
        return "".join(pid.read_text() for pid in Path(folder).glob("chorus-chaos-*/home/keeper.pid"))

    until(told, within=60, what="the cluster's keeper")
    keeper = int(told())

    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=200)

    assert run.returncode == 1
    assert "nothing is proved" in said
    assert not alive(keeper)
    assert list(folder.iterdir()) == []

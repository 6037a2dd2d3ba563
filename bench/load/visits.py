"""Drives `visits.c`: clients that come while something happens to the servers, and what became of their requests."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.load.generator import LOADS, LoadFailed
from bench.machine import processors, start_on

CLIENTS = 32
REST_MS = 2
"""Milliseconds between two visits of one client: the load is to be there always, not to fill the machine."""

SOURCE = LOADS / "visits.c"


class Visits(msgspec.Struct, frozen=True):
    """What became of the requests."""

    answered: int
    refused: int
    reset: int
    closed: int
    wrong: int
    late: int
    seconds: float
    p99_ms: float
    worst_ms: float

    @property
    def failed(self) -> int:
        """Requests without their answer."""
        return self.refused + self.reset + self.closed + self.wrong + self.late


def visits_during(program: Path, port: int, happening: Callable[[], None]) -> Visits:
    """Have the clients come while `happening` runs.

    Raises:
        LoadFailed: the server did not answer at first, or the load ended early.
    """
    command = [str(program), str(port), str(CLIENTS), str(REST_MS)]
    with start_on(processors()[1], command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as load:
        assert load.stdin is not None
        assert load.stdout is not None
        if load.stdout.readline() != "started\n":
            raise LoadFailed(f"nobody answers on port {port}; the reason stands above")
        try:
            happening()
        finally:
            load.stdin.close()
        report = load.stdout.readline()
    if not report:
        raise LoadFailed("the load ended before its time; its reason stands above")
    return msgspec.json.decode(report, type=Visits)

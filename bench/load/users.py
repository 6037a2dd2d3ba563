"""Drives `users.c`: people at work, more of them step by step, until somebody stops asking for the next step."""

import subprocess
from collections.abc import Generator, Sequence
from pathlib import Path

import msgspec

from bench.contenders import Running
from bench.load.generator import LOADS, LoadFailed
from bench.machine import processors, start_on

SOURCE = LOADS / "users.c"


class Step(msgspec.Struct, frozen=True):
    """What so many users saw."""

    users: int
    seconds: float
    count: int
    """Answers."""
    errors: int
    posts: int
    deliveries: int
    """Entries that reached a live connection."""
    mean_ms: float
    p99_ms: float
    worst_ms: float

    @property
    def error_share(self) -> float:
        """Of all answers."""
        return self.errors / self.count if self.count else 1.0


def steps(
    program: Path, servers: Sequence[Running], script: Path, *, first: int, step: int, most: int, seconds: float
) -> Generator[Step]:
    """Measure `first` users, then `step` more each time; when it is closed, the load ends.

    Raises:
        LoadFailed: it ended before its time; it has said why on stderr.
    """
    ports = ",".join(str(server.port) for server in servers)
    command = [str(program), ports, str(script), *map(str, (first, step, most, seconds))]
    with start_on(processors()[1], command, stdout=subprocess.PIPE) as load:
        assert load.stdout is not None
        try:
            for _ in range(first, most + 1, step):
                line = load.stdout.readline()
                if not line:
                    raise LoadFailed("the load users ended before its time; its reason stands above")
                yield msgspec.json.decode(line, type=Step)
        finally:
            load.kill()

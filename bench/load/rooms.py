"""Drives `rooms.c`: builds it, runs it on the load's processor, and reads the server's processor time around it."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.contenders import Running, processors
from bench.scenario import ScenarioFailed

SOURCE = Path(__file__).with_name("rooms.c")


class RoomsLoad(NamedTuple):
    """The shape of the load."""

    sockets: int
    rooms: int
    under_way: int
    """Messages always under way in each room."""
    seconds: float
    bytes: int
    """Characters of text in each message."""


class Outcome(msgspec.Struct, frozen=True):
    """What the generator saw."""

    deliveries: int
    seconds: float
    p50_ms: float
    p99_ms: float
    worst_ms: float


class Measured(NamedTuple):
    """One round: the generator's outcome and the processor seconds that the server spent on it."""

    outcome: Outcome
    cpu_seconds: float

    @property
    def per_cpu_second(self) -> float:
        """Deliveries per second of the server's processor time."""
        return self.outcome.deliveries / self.cpu_seconds


class LoadFailed(ScenarioFailed):
    """The generator could not be built, or ended early."""


def build(folder: Path) -> Path:
    """Compile the generator into `folder` and return the program's path.

    Raises:
        LoadFailed: there is no C compiler, or it refused.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise LoadFailed(
            "found no C compiler (cc, gcc or clang), which the load generator needs: install one, say Debian's gcc"
        )
    program = folder / "rooms"
    subprocess.run([compiler, "-O2", "-o", str(program), str(SOURCE)], check=True)
    return program


def measure(program: Path, server: Running, load: RoomsLoad) -> Measured:
    """Run the load once against `server`.

    Raises:
        LoadFailed: the generator ended before its time; it has said why on stderr.
    """
    _, load_cpu = processors()
    arguments = [server.port, load.sockets, load.rooms, load.under_way, load.seconds, load.bytes]
    with subprocess.Popen([str(program), *map(str, arguments)], stdout=subprocess.PIPE, text=True) as generator:
        os.sched_setaffinity(generator.pid, {load_cpu})
        assert generator.stdout is not None
        if generator.stdout.readline() != "started\n":
            raise LoadFailed(f"the load of {load.sockets} sockets did not start; its reason stands above")
        before = server.cpu_seconds()
        report = generator.stdout.readline()
        spent = server.cpu_seconds() - before
    if not report:
        raise LoadFailed("the load ended before its time; its reason stands above")
    return Measured(msgspec.json.decode(report, type=Outcome), spent)

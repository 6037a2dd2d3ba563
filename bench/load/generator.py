"""Builds the programs in C, runs a load on its own processor, and reads the servers' processor time around it."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.contenders import Running
from bench.machine import processors, start_on
from bench.scenario import ScenarioFailed

LOADS = Path(__file__).parent


class Outcome(msgspec.Struct, frozen=True):
    """What a load saw."""

    count: int
    """What the load counts: deliveries, answers, arrivals."""
    seconds: float
    p50_ms: float
    p99_ms: float
    worst_ms: float


class Measured(NamedTuple):
    """One round: the load's outcome and the processor seconds that the servers spent on it."""

    outcome: Outcome
    cpu_seconds: float

    @property
    def per_cpu_second(self) -> float:
        """What was counted, per second of the servers' processor time."""
        return self.outcome.count / self.cpu_seconds


class LoadFailed(ScenarioFailed):
    """A program could not be built, or a load ended early."""


def build(source: Path, folder: Path, *libraries: str) -> Path:
    """Compile a program into `folder`, linked with `libraries` ("-lm"), and return its path.

    Raises:
        LoadFailed: there is no C compiler, or it refused.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise LoadFailed("found no C compiler (cc, gcc or clang), which the loads need: install one, say Debian's gcc")
    program = folder / source.stem
    if subprocess.run([compiler, "-O2", "-o", str(program), str(source), *libraries], check=False).returncode != 0:
        raise LoadFailed(f"{compiler} refused {source.name}; its reason stands above")
    return program


def measure(program: Path, servers: Sequence[Running], *arguments: object) -> Measured:
    """Run a load once against `servers`; `arguments` are what it takes after the ports.

    Raises:
        LoadFailed: it ended before its time; it has said why on stderr.
    """
    _, processor = processors()
    ports = ",".join(str(server.port) for server in servers)
    command = [str(program), ports, *map(str, arguments)]
    with start_on(processor, command, stdout=subprocess.PIPE) as load:
        assert load.stdout is not None
        if load.stdout.readline() != "started\n":
            raise LoadFailed(f"the load {program.name} did not start; its reason stands above")
        before = [server.cpu_seconds() for server in servers]
        report = load.stdout.readline()
        spent = sum(server.cpu_seconds() for server in servers) - sum(before)
    if not report:
        raise LoadFailed(f"the load {program.name} ended before its time; its reason stands above")
    return Measured(msgspec.json.decode(report, type=Outcome), spent)

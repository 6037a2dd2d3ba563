"""What a socket that says nothing costs: resident memory of 10,000 of them, connected to the namespace."""

import subprocess
import time
from pathlib import Path

from bench.contenders import CHORUS, NODE_SOCKET_IO, PYTHON_SOCKETIO, Contender, Running, install_node_packages, running
from bench.load.generator import LOADS, LoadFailed, build
from bench.machine import allow_descriptors, processors, start_on
from bench.scenario import Comparison, Request, Scenario
from bench.turns import Round, Unit, compare, take_turns

SOCKETS = 10_000
SETTLING_SECONDS = 3.0
UNIT = Unit("kB a socket", less_is_better=True, decimals=1)


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    allow_descriptors(SOCKETS + 500)
    program = build(LOADS / "idle.c", request.folder)

    def one_round(contender: Contender) -> Round:
        with running(contender) as server:
            return _one_round(program, server)

    lines = take_turns(request, (CHORUS, NODE_SOCKET_IO, PYTHON_SOCKETIO), UNIT, one_round)
    return compare("Memory: resident, for each of 10,000 idle sockets", lines, UNIT)


def _one_round(program: Path, server: Running) -> Round:
    before = server.resident_bytes()
    _, processor = processors()
    command = [str(program), str(server.port), str(SOCKETS)]
    with start_on(processor, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as load:
        assert load.stdout is not None
        assert load.stdin is not None
        if load.stdout.readline() != "started\n":
            raise LoadFailed(f"the load {program.name} did not start; its reason stands above")
        time.sleep(SETTLING_SECONDS)
        held = server.resident_bytes()
        load.stdin.close()
    return Round((held - before) / SOCKETS / 1000, {"MB before": before / 1e6, "MB with all": held / 1e6})


SCENARIO = Scenario("memory", "resident memory for an idle socket, at 10,000", run)

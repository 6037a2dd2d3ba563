"""How late the last one is: one sender, 1,000 receivers, one message at a time. Wall clock: a busy machine shows."""

from bench.contenders import (
    CHORUS,
    NODE_SOCKET_IO,
    PYTHON_SOCKETIO,
    SERVERS,
    Contender,
    ceiling,
    install_node_packages,
    running,
)
from bench.load.generator import LOADS, build, measure
from bench.scenario import Comparison, Request, Scenario
from bench.turns import Round, Unit, compare, take_turns

SOCKETS, BYTES, SECONDS = 1000, 100, 4.0
UNIT = Unit("p99 ms", less_is_better=True, decimals=1)


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(LOADS / "serial.c", request.folder)
    ceiling_in_c = ceiling(build(SERVERS / "ceiling.c", request.folder))

    def one_round(contender: Contender) -> Round:
        with running(contender) as server:
            outcome = measure(program, [server], SOCKETS, request.seconds or SECONDS, BYTES).outcome
        return Round(outcome.p99_ms, {"p50 ms": outcome.p50_ms, "worst ms": outcome.worst_ms})

    contenders = (CHORUS, NODE_SOCKET_IO, PYTHON_SOCKETIO, ceiling_in_c)
    lines = take_turns(request, contenders, UNIT, one_round)
    return compare("Serial: from a send to the last of 1,000 receivers, one message at a time", lines, UNIT)


SCENARIO = Scenario("serial", "how late the last of 1,000 receivers has it", run)

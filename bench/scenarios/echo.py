"""Questions and answers: every socket sends an event of 512 bytes and waits for its acknowledgement."""

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
from bench.turns import Round, Unit, compare, take_turns, throughput

SOCKETS, BYTES, SECONDS = 500, 512, 4.0
UNIT = Unit("answers / CPU s")


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(LOADS / "echo.c", request.folder)
    ceiling_in_c = ceiling(build(SERVERS / "ceiling.c", request.folder))

    def one_round(contender: Contender) -> Round:
        with running(contender) as server:
            return throughput(measure(program, [server], SOCKETS, request.seconds or SECONDS, BYTES), "answers")

    contenders = (CHORUS, NODE_SOCKET_IO, PYTHON_SOCKETIO, ceiling_in_c)
    lines = take_turns(request, contenders, UNIT, one_round)
    return compare("Echo: 500 sockets, each a question of 512 bytes at a time, acknowledged with it", lines, UNIT)


SCENARIO = Scenario("echo", "500 sockets asking, each answered by an acknowledgement", run)

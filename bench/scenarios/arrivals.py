"""People who come: a connection, its upgrade, the handshake, the namespace and a room, and they go again."""

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

AT_ONCE, SECONDS = 100, 4.0
UNIT = Unit("arrivals / CPU s")


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(LOADS / "arrivals.c", request.folder)
    ceiling_in_c = ceiling(build(SERVERS / "ceiling.c", request.folder))

    def one_round(contender: Contender) -> Round:
        with running(contender) as server:
            return throughput(measure(program, [server], AT_ONCE, request.seconds or SECONDS), "arrivals")

    contenders = (CHORUS, NODE_SOCKET_IO, PYTHON_SOCKETIO, ceiling_in_c)
    lines = take_turns(request, contenders, UNIT, one_round)
    return compare("Arrivals: connect, upgrade, handshake, join, told so, gone; 100 at once", lines, UNIT)


SCENARIO = Scenario("arrivals", "connecting, shaking hands and joining a room", run)

"""Fan-out between two instances that Redis joins; the processor time is both instances', Redis runs beside the load."""

from contextlib import ExitStack

from bench.contenders import CHORUS, NODE_SOCKET_IO, PYTHON_SOCKETIO, Contender, install_node_packages, running
from bench.load.generator import LOADS, build, measure
from bench.rooms import UNIT, RoomsLoad
from bench.scenario import Comparison, Request, Scenario
from bench.turns import Round, compare, take_turns, throughput
from bench.valkey import valkey

LOAD = RoomsLoad(sockets=1000, rooms=10, under_way=10, bytes=100)
TITLE = "Through Redis: 1,000 sockets on two instances, 10 rooms, 10 messages of 100 bytes under way in each"


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(LOADS / "rooms.c", request.folder)
    load = LOAD.lasting(request.seconds)

    def one_round(contender: Contender) -> Round:
        with ExitStack() as stack:
            redis = stack.enter_context(valkey())
            servers = [stack.enter_context(running(contender, redis_port=redis)) for _ in range(2)]
            measured = measure(program, servers, load.sockets, load.rooms, load.under_way, load.seconds, load.bytes)
        return throughput(measured, "deliveries")

    contenders = (CHORUS, NODE_SOCKET_IO, PYTHON_SOCKETIO)
    return compare(TITLE, take_turns(request, contenders, UNIT, one_round), UNIT)


SCENARIO = Scenario("redis", "the fan-out through Redis, between two instances", run)

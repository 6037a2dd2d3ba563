"""Whether a delivery costs more in a crowd: rooms of a hundred, one of them and a hundred of them."""

from bench.contenders import CHORUS, NODE_SOCKET_IO, SERVERS, Contender, ceiling, install_node_packages, running
from bench.load.generator import LOADS, build, measure
from bench.machine import allow_descriptors
from bench.rooms import RoomsLoad
from bench.scenario import Comparison, Request, Scenario
from bench.turns import Round, Unit, compare, take_turns

FEW = RoomsLoad(sockets=100, rooms=1, under_way=5, bytes=100)
MANY = RoomsLoad(sockets=10_000, rooms=100, under_way=5, bytes=100)
UNIT = Unit("times the CPU", less_is_better=True, decimals=2)


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    allow_descriptors(MANY.sockets + 500)
    program = build(LOADS / "rooms.c", request.folder)
    ceiling_in_c = ceiling(build(SERVERS / "ceiling.c", request.folder))

    def deliveries(contender: Contender, load: RoomsLoad) -> float:
        load = load.lasting(request.seconds)
        with running(contender) as server:
            return measure(
                program, [server], load.sockets, load.rooms, load.under_way, load.seconds, load.bytes
            ).per_cpu_second

    def one_round(contender: Contender) -> Round:
        few, many = deliveries(contender, FEW), deliveries(contender, MANY)
        return Round(few / many, {"deliveries / CPU s, 100": few, "10,000": many})

    lines = take_turns(request, (CHORUS, NODE_SOCKET_IO, ceiling_in_c), UNIT, one_round)
    return compare("Crowd: CPU for a delivery among 10,000 sockets, in times of that among 100", lines, UNIT)


SCENARIO = Scenario("crowd", "CPU for a delivery at 10,000 sockets against 100", run)

"""What the scenarios with rooms have in common: the load `rooms.c` and who is compared under it."""

from typing import NamedTuple

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
from bench.scenario import Comparison, Request
from bench.turns import Round, Unit, compare, take_turns, throughput

UNIT = Unit("deliveries / CPU s")


class RoomsLoad(NamedTuple):
    """The shape of the load."""

    sockets: int
    rooms: int
    under_way: int
    """Messages always under way in each room."""
    bytes: int
    """Characters of text in each message."""
    seconds: float = 4.0

    def lasting(self, seconds: float | None) -> "RoomsLoad":
        """The same for another time, if one is given."""
        return self if seconds is None else self._replace(seconds=seconds)


def compare_rooms(request: Request, title: str, load: RoomsLoad) -> Comparison:
    """Deliveries per second of processor time of every contender and of the ceiling.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(LOADS / "rooms.c", request.folder)
    ceiling_in_c = ceiling(build(SERVERS / "ceiling.c", request.folder))
    load = load.lasting(request.seconds)

    def one_round(contender: Contender) -> Round:
        with running(contender) as server:
            measured = measure(program, [server], load.sockets, load.rooms, load.under_way, load.seconds, load.bytes)
        return throughput(measured, "deliveries")

    contenders = (CHORUS, NODE_SOCKET_IO, PYTHON_SOCKETIO, ceiling_in_c)
    return compare(title, take_turns(request, contenders, UNIT, one_round), UNIT)

"""What the scenarios with rooms have in common: the shape of the load `rooms.c`."""

from functools import partial
from typing import NamedTuple

from bench.one_server import compare_under
from bench.scenario import Comparison, Request
from bench.turns import Unit, throughput

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
    return compare_under(
        request,
        title,
        UNIT,
        load="rooms.c",
        arguments=lambda seconds: (load.sockets, load.rooms, load.under_way, seconds, load.bytes),
        reading=partial(throughput, counted="deliveries"),
    )

"""Direct messages: five hundred rooms of two."""

from bench.rooms import RoomsLoad, compare_rooms
from bench.scenario import Comparison, Request, Scenario

LOAD = RoomsLoad(sockets=1000, rooms=500, under_way=1, bytes=100)
TITLE = "Pairs: 1,000 sockets in rooms of two, 1 message of 100 bytes under way in each"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_rooms(request, TITLE, LOAD)


SCENARIO = Scenario("pairs", "1,000 sockets in rooms of two", run)

"""Fan-out when nothing can be joined: one person writes in each of ten rooms of a hundred, one message at a time.

Every delivery is then a send of its own, for everyone, so this compares little but the cost of a send.
"""

from bench.rooms import RoomsLoad, compare_rooms
from bench.scenario import Comparison, Request, Scenario

LOAD = RoomsLoad(sockets=1000, rooms=10, under_way=1, bytes=100)
TITLE = "Light fan-out: 1,000 sockets, 10 rooms, 1 message of 100 bytes under way in each"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_rooms(request, TITLE, LOAD)


SCENARIO = Scenario("fanout-light", "1,000 sockets in 10 rooms, one sender in each", run)

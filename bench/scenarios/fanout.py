"""Fan-out when the server has its hands full: ten people write in each of ten rooms of a hundred.

What is emitted in one turn of the loop is joined, so the more is under way, the more a send carries; `fanout_light` is
the other end of that.
"""

from bench.rooms import RoomsLoad, compare_rooms
from bench.scenario import Comparison, Request, Scenario

LOAD = RoomsLoad(sockets=1000, rooms=10, under_way=10, bytes=100)
TITLE = "Fan-out: 1,000 sockets, 10 rooms, 10 messages of 100 bytes under way in each"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_rooms(request, TITLE, LOAD)


SCENARIO = Scenario("fanout", "1,000 sockets in 10 rooms, ten senders in each", run)

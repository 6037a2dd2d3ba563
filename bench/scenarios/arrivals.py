"""People who come: a connection, its upgrade, the handshake, the namespace and a room, and they go again."""

from functools import partial

from bench.one_server import compare_under
from bench.scenario import Comparison, Request, Scenario
from bench.turns import Unit, throughput

AT_ONCE = 100
TITLE = "Arrivals: connect, upgrade, handshake, join, told so, gone; 100 at once"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_under(
        request,
        TITLE,
        Unit("arrivals / CPU s"),
        load="arrivals.c",
        arguments=lambda seconds: (AT_ONCE, seconds),
        reading=partial(throughput, counted="arrivals"),
    )


SCENARIO = Scenario("arrivals", "connecting, shaking hands and joining a room", run)

"""Stored messages in small rooms."""

from bench.durable import SendsLoad, compare_sends
from bench.scenario import Comparison, Request, Scenario

LOAD = SendsLoad(sockets=1000, rooms=100, under_way=4)
TITLE = "Stored messages: 1,000 sockets on two instances, 100 channels of 10, 4 messages under way in each"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_sends(request, TITLE, LOAD)


SCENARIO = Scenario("durable", "stored messages in 100 channels of 10, on two instances", run)

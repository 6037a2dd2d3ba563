"""Stored messages in large rooms."""

from bench.durable import SendsLoad, compare_sends
from bench.scenario import Comparison, Request, Scenario

LOAD = SendsLoad(sockets=1000, rooms=10, under_way=10)
TITLE = "Stored messages: 1,000 sockets on two instances, 10 channels of 100, 10 messages under way in each"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_sends(request, TITLE, LOAD)


SCENARIO = Scenario("durable-wide", "stored messages in 10 channels of 100, on two instances", run)

"""Questions and answers: every socket sends an event of 512 bytes and waits for its acknowledgement."""

from functools import partial

from bench.one_server import compare_under
from bench.scenario import Comparison, Request, Scenario
from bench.turns import Unit, throughput

SOCKETS, BYTES = 500, 512
TITLE = "Echo: 500 sockets, each a question of 512 bytes at a time, acknowledged with it"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_under(
        request,
        TITLE,
        Unit("answers / CPU s"),
        load="echo.c",
        arguments=lambda seconds: (SOCKETS, seconds, BYTES),
        reading=partial(throughput, counted="answers"),
    )


SCENARIO = Scenario("echo", "500 sockets asking, each answered by an acknowledgement", run)

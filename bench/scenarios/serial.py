"""How late the last one is: one sender, 1,000 receivers, one message at a time. Wall clock: a busy machine shows."""

from bench.load.generator import Measured
from bench.one_server import compare_under
from bench.scenario import Comparison, Request, Scenario
from bench.turns import Round, Unit

SOCKETS, BYTES = 1000, 100
TITLE = "Serial: from a send to the last of 1,000 receivers, one message at a time"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_under(
        request,
        TITLE,
        Unit("p99 ms", less_is_better=True, decimals=1),
        load="serial.c",
        arguments=lambda seconds: (SOCKETS, seconds, BYTES),
        reading=_delay,
    )


def _delay(measured: Measured) -> Round:
    outcome = measured.outcome
    return Round(outcome.p99_ms, {"p50 ms": outcome.p50_ms, "worst ms": outcome.worst_ms})


SCENARIO = Scenario("serial", "how late the last of 1,000 receivers has it", run)

"""How late a stored message is at the other instance, at a pace that both stacks keep: 500 sends a second."""

from contextlib import ExitStack

from bench.contenders import Contender, install_node_packages, running
from bench.durable import Chat, node_with, scripts_of
from bench.load.generator import LOADS, build, measure
from bench.postgres import postgres
from bench.scenario import Comparison, Request, Scenario
from bench.turns import Round, Unit, compare, take_turns
from bench.valkey import valkey

SOCKETS, ROOMS, RATE, BYTES, SECONDS, INSTANCES = 1000, 100, 500, 100, 5.0, 2
TITLE = f"From a send to the other instance: {RATE} sends a second, {SOCKETS:,} sockets in {ROOMS} channels"
UNIT = Unit("p99 ms", less_is_better=True, decimals=1)


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(LOADS / "paced.c", request.folder)
    shape = (SOCKETS, ROOMS, RATE, request.seconds or SECONDS, BYTES)
    with postgres(request.folder) as url, valkey() as redis:
        chat = Chat(url, request.folder, people=SOCKETS, channels=ROOMS)
        scripts = scripts_of(chat, request.folder)

        def one_round(contender: Contender) -> Round:
            with ExitStack() as stack:
                servers = [stack.enter_context(running(contender, redis_port=redis)) for _ in range(INSTANCES)]
                measured = measure(program, servers, scripts[contender.name], *shape)
            outcome = measured.outcome
            beside = {
                "p50 ms": outcome.p50_ms,
                "worst ms": outcome.worst_ms,
                "deliveries / s": outcome.count / outcome.seconds,
                "CPU s / s": measured.cpu_seconds / outcome.seconds,
            }
            return Round(outcome.p99_ms, beside)

        return compare(TITLE, take_turns(request, (chat.contender(), node_with(url)), UNIT, one_round), UNIT)


SCENARIO = Scenario("across", "how late a stored message is at the other instance, 500 sends a second", run)

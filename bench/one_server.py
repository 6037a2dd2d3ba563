"""One server, one load: what most scenarios are. All contenders and the ceiling under the same load, in turns."""

from collections.abc import Callable, Sequence

from bench.contenders import (
    CHORUS,
    NODE_SOCKET_IO,
    PYTHON_SOCKETIO,
    SERVERS,
    Contender,
    ceiling,
    install_node_packages,
    running,
)
from bench.load.generator import LOADS, Measured, build, measure
from bench.scenario import Comparison, Request
from bench.turns import Round, Unit, compare, take_turns

SECONDS = 4.0
"""How long a round loads a server, unless somebody says otherwise."""


def compare_under(
    request: Request,
    title: str,
    unit: Unit,
    *,
    load: str,
    arguments: Callable[[float], Sequence[object]],
    reading: Callable[[Measured], Round],
) -> Comparison:
    """Compare: `load` is a program's source in `load/`, `arguments` gives what it takes behind the port for a round of
    so many seconds, `reading` what a round gave.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(LOADS / load, request.folder)
    ceiling_in_c = ceiling(build(SERVERS / "ceiling.c", request.folder))
    words = arguments(request.seconds or SECONDS)

    def one_round(contender: Contender) -> Round:
        with running(contender) as server:
            return reading(measure(program, [server], *words))

    contenders = (CHORUS, NODE_SOCKET_IO, PYTHON_SOCKETIO, ceiling_in_c)
    return compare(title, take_turns(request, contenders, unit, one_round), unit)

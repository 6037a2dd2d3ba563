"""Stored messages while nobody else listens: what a send costs by itself, through the whole chat, on each database.

One instance; everybody is alone in a channel and sends the next message when the last one has come back. So what is
measured is reading it, who sends and may they, rendering, numbering, storing, the acknowledgement, and the sender's own
copy. Node stores each by an INSERT of its own.
"""

from bench.aims import NODE_PG, ON_POSTGRES, ON_SQLITE
from bench.contenders import Contender, install_node_packages, running
from bench.durable import Chat, node_with, of_chorus, of_node, write_script
from bench.load.generator import LOADS, build, measure
from bench.postgres import postgres
from bench.scenario import Comparison, Request, Scenario
from bench.turns import Round, Unit, compare, take_turns, throughput
from bench.valkey import valkey

PEOPLE, BYTES, SECONDS = 400, 100, 5.0
TITLE = f"Stored messages that nobody else hears: one instance, {PEOPLE} senders, each alone in a channel"
UNIT = Unit("sends / CPU s")


def run(request: Request) -> Comparison:
    """Measure.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(LOADS / "sends.c", request.folder)
    shape = (PEOPLE, PEOPLE, 1, request.seconds or SECONDS, BYTES)
    with postgres(request.folder) as url, valkey() as redis:
        on_postgres = Chat(url, request.folder, people=PEOPLE, channels=PEOPLE)
        on_sqlite = Chat(f"sqlite:///{request.folder}/chorus.db", request.folder, people=PEOPLE, channels=PEOPLE)
        scripts = {
            name: write_script(request.folder / name, [written(person) for person in chat.people])
            for name, chat, written in (
                (ON_POSTGRES, on_postgres, of_chorus),
                (ON_SQLITE, on_sqlite, of_chorus),
                (NODE_PG, on_postgres, of_node),
            )
        }
        contenders = (on_postgres.contender(ON_POSTGRES), on_sqlite.contender(ON_SQLITE), node_with(url))

        def one_round(contender: Contender) -> Round:
            with running(contender, redis_port=redis) as server:
                return throughput(measure(program, [server], scripts[contender.name], *shape), "sends")

        return compare(TITLE, take_turns(request, contenders, UNIT, one_round), UNIT)


SCENARIO = Scenario("sends", "stored messages that nobody else hears, on PostgreSQL and SQLite", run)

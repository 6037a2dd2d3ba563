"""What a client begins with, over HTTP, for an account that is in 200 channels, on a server of 200 accounts."""

from collections.abc import Iterator

from bench.durable import Chat
from bench.reading import CONNECTIONS, Past, compare_reads
from bench.scenario import Comparison, Request, Scenario

RATE = 200
"""A second, while the waits are looked at."""

PAST = Past(askers=20, others=180, channels=200, memberships=200, messages=20)
TITLE = f"Bootstrap of an account in 200 channels, 200 accounts: one instance, {CONNECTIONS} connections that stay"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_reads(request, TITLE, PAST, _questions, rate=RATE)


def _questions(chat: Chat) -> Iterator[tuple[str, str]]:
    for person in chat.people:
        yield "/api/v1/bootstrap", person.token


SCENARIO = Scenario("bootstrap", "what a client in 200 channels begins with, on PostgreSQL and SQLite", run)

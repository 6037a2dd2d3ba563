"""How the databases find what the pages and the counts ask for: by its indexes, never by reading a table through."""

import contextlib
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.util import greenlet_spawn

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.audit import AuditFilter
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.files import File
from chorus.chat.domain.search import parse
from chorus.chat.domain.sessions import Session
from chorus.chat.storage.indexing import index
from chorus.chat.storage.postgres_connection import open_engine
from chorus.chat.storage.prepared import FETCH
from chorus.chat.storage.queries import (
    accounts,
    audit,
    bots,
    channels,
    entries,
    files,
    members,
    notes,
    outgoing,
    retention,
    sessions,
    standing,
)
from chorus.chat.storage.queries.search import search
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.sqlite_append import append
from chorus.chat.storage.sqlite_connection import fetch
from chorus.chat.storage.urls import parse_database_url
from parts.databases import fresh_sqlite


@pytest.fixture
def engine(tmp_path):
    """An SQLite database with Ada, a bot and a message."""
    engine = create_engine(fresh_sqlite(tmp_path), execution_options={FETCH: fetch})
    with engine.begin() as connection:
        accounts.create_account(connection, handle="ada", name="Ada", password_hash="", at=1, role=None)
        bots.create_bot(connection, handle="helper", name="Helper", at=1)
        append(connection, [NewEntry(1, EntryKind.POSTED, 1, 1, uuid4(), "hi", "<p>hi</p>")])
    yield engine
    engine.dispose()


@pytest.fixture
def plan(engine):
    """What SQLite says it does for each statement of some work."""

    def ask(work):
        said = []
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            driver.set_trace_callback(said.append)
            work(connection)
            driver.set_trace_callback(None)
            asked = [
                each for each in said if each.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))
            ]  # not those of FTS5 itself
            return [row[3] for each in asked for row in driver.execute(f"EXPLAIN QUERY PLAN {each}").fetchall()]

    return ask


ADA = Account(1, "ada", "Ada", Role.OWNER)


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
    "a thread": lambda c: entries.thread(c, 1, 1, 1),
    "what a message said before": lambda c: entries.edits(c, 1, 1, 1),
    "a deletion": lambda c: append(c, [NewEntry(1, EntryKind.DELETED, 2, 1, uuid4(), target=1)]),
    "what is too old": lambda c: retention.expire(c, 1, before=2, limit=50),
    "who asks": lambda c: standing.kept_sessions(c, ["s"]),
    "what many connections rely on": lambda c: standing.standing(c, ["s"], [1], at=1),
    "what a connection follows": lambda c: standing.followed_channels(c, [1]),
    "where the logs end": lambda c: channels.positions(c, [1]),
    "what is to be told": lambda c: outgoing.claim(c, at=1, until=2, limit=4),
    "what is to be found in a search": index,
    "files to be attached": lambda c: files.attachable(c, 1, 1, ["f"]),
}
WHOLE_TABLES = tuple(
    f"SCAN {table}"
    for table in (
        "entries",
        "mentions",
        "message_states",
        "memberships",
        "sessions",
        "tokens",
        "files",
        "webhook_deliveries",
    )
)
WHOLE_LOG = "SEARCH entries USING PRIMARY KEY (channel_id=?)"
"""All that was ever said in a channel."""


@pytest.mark.parametrize("what", ASKED)
def test_entries_and_counts_are_found_by_indexes(plan, what):
    steps = plan(swallowing(ASKED[what]))

    assert steps
    assert not [step for step in steps if step.startswith(WHOLE_TABLES) or step == WHOLE_LOG], steps


def test_unread_is_counted_on_the_partial_index_of_quiet_entries(plan):
    steps = plan(swallowing(ASKED["one channel"]))

    assert [step for step in steps if "ix_entries_quiet" in step]


WHAT_FOR = {
    "ix_audit_log_account_id_id": lambda c: audit.list_audit(c, AuditFilter(account=1), before=None, limit=50),
    "ix_audit_log_actor_id_id": lambda c: audit.list_audit(c, AuditFilter(actor=1), before=None, limit=50),
    "ix_audit_log_at": lambda c: audit.forget_audit(c, before=1, limit=50),
    "ix_entries_quiet": lambda c: channels.joined_channel(c, 1, 1),
    "ix_entries_target": lambda c: entries.edits(c, 1, 1, 1),
    "ix_entries_thread": lambda c: entries.thread(c, 1, 1, 1),
    "ix_files_abandoned": lambda c: files.abandoned(c, before=1, limit=50),
    "ix_files_channel_id_seq": lambda c: retention.expire(c, 1, before=2, limit=50),
    "ix_files_waiting": lambda c: files.add_file(c, 1, 1, File("f", "f", "text/plain", 1), at=1),
    "ix_memberships_channel_id": lambda c: members.members(c, 1),
    "ix_mentions_channel_id_seq": lambda c: retention.expire(c, 1, before=2, limit=50),
    "ix_outgoing_webhooks_account_id": lambda c: c.execute(outgoing._listeners, {"channel_id": 1}),
    "ix_pins_channel_id_pinned_seq": lambda c: notes.list_pins(c, 1, 1),
    "ix_saved_messages_account_id_at": lambda c: notes.list_saved(c, 1),
    "ix_search_documents_channel_id_at_id": lambda c: search(c, 1, parse("in:general"), after=None, limit=20),
    "ix_search_documents_sender_id_at_id": lambda c: search(c, 1, parse("from:me"), after=None, limit=20),
    "ix_sessions_account_id_refreshed_at": lambda c: sessions.devices(c, Session("s", ADA, 0), at=1),
    "ix_tokens_account_id": lambda c: accounts.change_account(c, 2, name=None, role=None, deactivated_at=1),
    "ix_webhook_deliveries_due_at": lambda c: outgoing.next_due(c, at=1),
}
"""Each index, and a question that is answered by it: one that nothing is asked by costs every write for nothing."""

OF_MANY_MESSAGES = {"ix_search_documents_at_id"}
"""Taken where most messages fit, which a database finds in its statistics: the newest come first there."""


@pytest.mark.parametrize("index", WHAT_FOR)
def test_every_index_answers_a_question(plan, index):
    steps = plan(WHAT_FOR[index])

    assert [step for step in steps if f"INDEX {index}" in step], steps


def test_there_is_no_index_without_a_question(engine):
    with engine.connect() as connection:
        made = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'index' AND name GLOB 'ix_*'"))

        assert set(made) == WHAT_FOR.keys() | OF_MANY_MESSAGES


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

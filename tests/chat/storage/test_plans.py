"""How SQLite finds what the pages and the counts ask for: by its indexes, never by reading a table through."""

import contextlib

import pytest
from sqlalchemy import create_engine, event

from chorus.chat.domain.errors import NotFound
from chorus.chat.storage.migrate import upgrade
from chorus.chat.storage.queries import channels, entries
from chorus.chat.storage.settings import DatabaseSettings


@pytest.fixture
def plan(tmp_path):
    """What SQLite says it does for each statement of some work."""
    url = f"sqlite:///{tmp_path}/chat.db"
    upgrade(DatabaseSettings(url=url))
    engine = create_engine(url)

    def ask(work):
        steps = []

        @event.listens_for(engine, "before_cursor_execute")
        def explain(connection, cursor, statement, parameters, context, many):
            steps.extend(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall())

        with engine.connect() as connection:
            work(connection)
        event.remove(engine, "before_cursor_execute", explain)
        return steps

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

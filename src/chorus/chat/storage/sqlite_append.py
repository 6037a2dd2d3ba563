"""Appending a batch on SQLite: one transaction, statement by statement: each costs microseconds.

The transaction holds SQLite's write lock, so nothing changes between what is read and what is written.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from chorus.chat.domain.entries import Entry, NewEntry
from chorus.chat.storage.appending import Facts, Place, Plan, decide, roots, touched
from chorus.chat.storage.database import Outcome
from chorus.chat.storage.queries.audit import COLUMNS as AUDIT
from chorus.chat.storage.queries.audit import record_values
from chorus.chat.storage.queries.entry_rows import COLUMNS, STATE, entry_of, line_values, message_of, state_values

_LINE = ", ".join(f"e.{column.name}" for column in COLUMNS)
_STATE = ", ".join(f"s.{column.name}" for column in STATE)
_KNOWN = f"SELECT {_LINE} FROM entries e WHERE e.sender_id = ? AND e.client_id = ?"  # noqa: S608 - columns of ours
_IS_MEMBER = "SELECT 1 FROM memberships WHERE account_id = ? AND channel_id = ?"
_END = "SELECT id, last_seq, archived_at IS NOT NULL FROM channels WHERE id = ?"
_MESSAGE = f"""
SELECT {_LINE}, {_STATE} FROM entries e LEFT JOIN message_states s ON s.channel_id = e.channel_id AND s.seq = e.seq
WHERE e.channel_id = ? AND e.seq = ?
"""  # noqa: S608 - columns of ours
_RAISE_END = "UPDATE channels SET last_seq = ? WHERE id = ?"
_INSERT = f"""
INSERT INTO entries ({", ".join(column.name for column in COLUMNS)}, quiet)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608 - columns of ours
_ADVANCE = "UPDATE memberships SET read_seq = ? WHERE account_id = ? AND channel_id = ? AND read_seq < ?"
_PUT_STATE = """
INSERT INTO message_states (channel_id, seq, text, html, edited_at, deleted, reply_count, details)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (channel_id, seq) DO UPDATE SET text = excluded.text, html = excluded.html,
  edited_at = excluded.edited_at, deleted = excluded.deleted, reply_count = excluded.reply_count,
  details = excluded.details
"""
_ERASE = "UPDATE entries SET text = '', html = '', files = NULL, quiet = 1 WHERE channel_id = ? AND seq = ?"
_ERASE_EDITS = """
UPDATE entries INDEXED BY ix_entries_target SET text = '', html = '', files = NULL
WHERE channel_id = ? AND target = ? AND kind = 'edited'
"""
"""By name: SQLite, which knows nothing of how many edits there are, would read the channel's whole log."""
_ATTACH = "UPDATE files SET seq = ?3 WHERE id = ?1 AND channel_id = ?2"
_DETACH = "UPDATE files SET seq = NULL, account_id = 0, created_at = 0 WHERE channel_id = ? AND seq = ?"
_UNPIN = "DELETE FROM pins WHERE channel_id = ? AND seq = ?"
_PIN = "INSERT INTO pins (channel_id, seq, pinned_seq) VALUES (?, ?, ?)"
_UNCALL = "DELETE FROM mentions WHERE channel_id = ? AND seq = ?"
_CALL = "INSERT INTO mentions (account_id, channel_id, seq, sender_id) VALUES (?, ?, ?, ?)"
_RECORD = f"INSERT INTO audit_log ({', '.join(AUDIT)}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - columns of ours


def append(connection: Connection, batch: Sequence[NewEntry]) -> Sequence[Outcome]:
    """Store what is fresh and allowed."""
    cursor = connection.connection.cursor()
    plan = decide(batch, _facts(cursor, batch))
    _write(cursor, plan)
    cursor.close()
    return plan.outcomes


def _facts(cursor: Any, batch: Sequence[NewEntry]) -> Facts:
    known: dict[tuple[int, UUID], Entry] = {}
    for new in batch:
        row = cursor.execute(_KNOWN, (new.sender, new.client_id.hex)).fetchone()
        if row:
            known[new.sender, new.client_id] = entry_of(_with_uuid(row))
    asked = {(new.sender, new.channel) for new in batch}
    members = frozenset(pair for pair in asked if cursor.execute(_IS_MEMBER, pair).fetchone())
    ends = [cursor.execute(_END, (channel,)).fetchone() for channel in {channel for _, channel in members}]
    messages = _messages(cursor, touched(batch))
    return Facts(
        known,
        members,
        {channel: end for channel, end, _ in ends},
        frozenset(channel for channel, _, archived in ends if archived),
        {**messages, **_messages(cursor, roots(messages))},
    )


def _messages(cursor: Any, places: Collection[Place]) -> dict[Place, Entry]:
    rows = {place: cursor.execute(_MESSAGE, place).fetchone() for place in places}
    return {place: message_of(_with_uuid(row)) for place, row in rows.items() if row}


def _write(cursor: Any, plan: Plan) -> None:
    cursor.executemany(_RAISE_END, [(end, channel) for channel, end in plan.ends.items()])
    cursor.executemany(_INSERT, [_with_hex(line_values(entry)) for entry in plan.entries])
    cursor.executemany(_ADVANCE, [(seq, account, channel, seq) for (account, channel), seq in plan.read.items()])
    if plan.states:
        cursor.executemany(_PUT_STATE, [state_values(message) for message in plan.states.values()])
    if plan.attached:
        cursor.executemany(_ATTACH, plan.attached)
    if plan.erased:
        cursor.executemany(_ERASE, plan.erased)
        cursor.executemany(_ERASE_EDITS, plan.erased)
        cursor.executemany(_DETACH, plan.erased)
    if plan.unpinned:
        cursor.executemany(_UNPIN, list(plan.unpinned))
    if plan.pinned:
        cursor.executemany(_PIN, [(*place, seq) for place, seq in plan.pinned.items()])
    if plan.called:
        cursor.executemany(_UNCALL, list(plan.called))
        calls = [(who, *place, message.sender) for place, message in plan.called.items() for who in message.mentions]
        cursor.executemany(_CALL, calls)
    if plan.records:
        cursor.executemany(_RECORD, [record_values(each) for each in plan.records])


def _with_uuid(row: Sequence[Any]) -> tuple[Any, ...]:
    return (*row[:5], UUID(row[5]), *row[6:])


def _with_hex(values: Sequence[Any]) -> tuple[Any, ...]:
    return (*values[:5], values[5].hex, *values[6:])

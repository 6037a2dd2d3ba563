"""Appending a batch on SQLite: one transaction, statement by statement: each costs microseconds."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from chorus.chat.domain.entries import Entry, NewEntry, moment
from chorus.chat.storage.contract import Appended
from chorus.chat.storage.database import Outcome
from chorus.chat.storage.queries.channels import no_channel
from chorus.chat.storage.queries.entries import COLUMNS, entry_of

_KNOWN = f"SELECT {', '.join(c.name for c in COLUMNS)} FROM entries WHERE sender_id = ? AND client_id = ?"  # noqa: S608 - columns of ours
_IS_MEMBER = "SELECT 1 FROM memberships WHERE account_id = ? AND channel_id = ?"
_BUMP = "UPDATE channels SET last_seq = last_seq + ? WHERE id = ? RETURNING last_seq"
_INSERT = f"INSERT INTO entries ({', '.join(c.name for c in COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - as above


def append(connection: Connection, batch: Sequence[NewEntry]) -> Sequence[Outcome]:
    """Store what is fresh and allowed; the transaction holds SQLite's write lock, so nothing changes in between."""
    cursor = connection.connection.cursor()
    outcomes: list[Outcome | None] = [_known(cursor, entry) for entry in batch]
    allowed = _memberships(cursor, {(e.sender, e.channel) for e, o in zip(batch, outcomes, strict=True) if o is None})
    fresh = [
        (index, entry)
        for index, (entry, outcome) in enumerate(zip(batch, outcomes, strict=True))
        if outcome is None and (entry.sender, entry.channel) in allowed
    ]

    ends: dict[int, int] = {}
    for channel, count in Counter(entry.channel for _, entry in fresh).items():
        ends[channel] = cursor.execute(_BUMP, (count, channel)).fetchall()[0][0] - count
    rows: list[tuple[Any, ...]] = []
    for index, e in fresh:
        seq = ends[e.channel] = ends[e.channel] + 1
        rows.append((e.channel, seq, e.kind.value, e.at, e.sender, e.client_id.hex, e.text, e.html))
        stored = Entry(e.channel, seq, e.kind, moment(e.at), e.sender, e.client_id, e.text, e.html)
        outcomes[index] = Appended(stored, repeated=False)
    cursor.executemany(_INSERT, rows)
    cursor.close()
    return [outcome or no_channel(entry.channel) for entry, outcome in zip(batch, outcomes, strict=True)]


def _known(cursor: Any, entry: NewEntry) -> Appended | None:
    row = cursor.execute(_KNOWN, (entry.sender, entry.client_id.hex)).fetchone()
    return Appended(entry_of((*row[:5], UUID(row[5]), *row[6:])), repeated=True) if row else None


def _memberships(cursor: Any, asked: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return {pair for pair in asked if cursor.execute(_IS_MEMBER, pair).fetchone()}

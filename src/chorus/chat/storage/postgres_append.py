"""Appending a batch on PostgreSQL.

Most batches are plain messages: one statement, which is its own transaction, so one round trip and one commit. In it,
`known` are repeated sends. `fresh` are the others whose sender is in the channel. `held` locks their channels, unless
they are archived, in the order of the ids, so that two instances never wait for each other crosswise, and sees where
each of them ends when it has the lock. Then they have numbers and are stored, and their senders have read so far.
None of these is joined with another one: the planner takes each of them for a row or two and would compare all with
all (docs/decisions/group-commit.md).

A batch with anything else in it is a transaction of some ten statements, however many entries: lock the channels in the
same order, read the facts, decide (appending.py), write.

Two instances that store the same client id at once: the second waits at the unique index and fails as a whole, and its
next attempt sees the first one's entry.
"""

from collections.abc import Collection, Sequence
from typing import Any

from chorus.chat.domain.channels import archived
from chorus.chat.domain.entries import Entry, NewEntry
from chorus.chat.domain.moments import moment
from chorus.chat.storage.appending import Facts, Place, Plan, decide, roots, touched
from chorus.chat.storage.contract import Appended
from chorus.chat.storage.database import Outcome
from chorus.chat.storage.queries.audit import COLUMNS as AUDIT
from chorus.chat.storage.queries.audit import record_values
from chorus.chat.storage.queries.entry_rows import COLUMNS, STATE, entry_of, line_values, message_of, state_values
from chorus.chat.storage.queries.members import no_channel

_LINE = ", ".join(f"e.{column.name}" for column in COLUMNS)
_STATE = ", ".join(f"s.{column.name}" for column in STATE)

_APPEND = f"""
WITH sent AS (
  SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::int[], $5::uuid[], $6::text[], $7::text[])
  WITH ORDINALITY AS t(channel_id, kind, at, sender_id, client_id, text, html, place)
), known AS (
  SELECT s.place, {_LINE}
  FROM sent s JOIN entries e ON e.sender_id = s.sender_id AND e.client_id = s.client_id
), fresh AS (
  SELECT s.* FROM sent s
  JOIN memberships m ON m.account_id = s.sender_id AND m.channel_id = s.channel_id
  WHERE s.place NOT IN (SELECT place FROM known)
), held AS (
  SELECT f.*, c.last_seq FROM fresh f
  JOIN channels c ON c.id = f.channel_id AND c.archived_at IS NULL
  ORDER BY c.id FOR UPDATE OF c
), numbered AS (
  SELECT h.*, h.last_seq + row_number() OVER (PARTITION BY h.channel_id ORDER BY h.place) AS seq FROM held h
), raised AS (
  UPDATE channels c SET last_seq = n.seq
  FROM (SELECT channel_id, max(seq) AS seq FROM numbered GROUP BY channel_id) n
  WHERE c.id = n.channel_id
), stored AS (
  INSERT INTO entries (channel_id, seq, kind, at, sender_id, client_id, text, html)
  SELECT channel_id, seq, kind, at, sender_id, client_id, text, html FROM numbered
), advanced AS (
  UPDATE memberships m SET read_seq = n.seq
  FROM (SELECT channel_id, sender_id, max(seq) AS seq FROM numbered GROUP BY channel_id, sender_id) n
  WHERE m.account_id = n.sender_id AND m.channel_id = n.channel_id AND m.read_seq < n.seq
)
SELECT place, NULL AS channel_id, seq, NULL AS kind, NULL AS at, NULL AS sender_id, NULL AS client_id,
       NULL AS text, NULL AS html, NULL AS target, NULL AS thread, NULL AS details,
       NULL AS files
FROM numbered
UNION ALL
SELECT * FROM known
"""  # noqa: S608 - columns of ours

_LOCK = "SELECT id, last_seq, archived_at IS NOT NULL FROM channels WHERE id = ANY($1::int[]) ORDER BY id FOR UPDATE"
_KNOWN = f"""
SELECT {_LINE} FROM unnest($1::int[], $2::uuid[]) AS t(sender_id, client_id)
JOIN entries e ON e.sender_id = t.sender_id AND e.client_id = t.client_id
"""  # noqa: S608 - columns of ours
_MEMBERS = """
SELECT m.account_id, m.channel_id FROM unnest($1::int[], $2::int[]) AS t(account_id, channel_id)
JOIN memberships m ON m.account_id = t.account_id AND m.channel_id = t.channel_id
"""
_ARCHIVED = """
SELECT m.account_id, m.channel_id FROM unnest($1::int[], $2::int[]) AS t(account_id, channel_id)
JOIN memberships m ON m.account_id = t.account_id AND m.channel_id = t.channel_id
JOIN channels c ON c.id = t.channel_id AND c.archived_at IS NOT NULL
"""
_MESSAGES = f"""
SELECT {_LINE}, {_STATE} FROM unnest($1::int[], $2::bigint[]) AS t(channel_id, seq)
JOIN entries e ON e.channel_id = t.channel_id AND e.seq = t.seq
LEFT JOIN message_states s ON s.channel_id = e.channel_id AND s.seq = e.seq
"""  # noqa: S608 - columns of ours
_RAISE_ENDS = """
UPDATE channels c SET last_seq = t.last_seq FROM unnest($1::int[], $2::bigint[]) AS t(id, last_seq) WHERE c.id = t.id
"""
_INSERT = """
INSERT INTO entries (channel_id, seq, kind, at, sender_id, client_id, text, html, target, thread, details, files,
                     quiet)
SELECT * FROM unnest($1::int[], $2::bigint[], $3::text[], $4::bigint[], $5::int[], $6::uuid[], $7::text[], $8::text[],
                     $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::bool[])
"""
_ADVANCE = """
UPDATE memberships m SET read_seq = t.seq FROM unnest($1::int[], $2::int[], $3::bigint[]) AS t(account, channel, seq)
WHERE m.account_id = t.account AND m.channel_id = t.channel AND m.read_seq < t.seq
"""
_PUT_STATES = """
INSERT INTO message_states (channel_id, seq, text, html, edited_at, deleted, reply_count, details)
SELECT * FROM unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bool[], $7::int[], $8::text[])
ON CONFLICT (channel_id, seq) DO UPDATE SET text = excluded.text, html = excluded.html,
  edited_at = excluded.edited_at, deleted = excluded.deleted, reply_count = excluded.reply_count,
  details = excluded.details
"""
_ERASE = """
UPDATE entries e SET text = '', html = '', files = NULL, quiet = true
FROM unnest($1::int[], $2::bigint[]) AS t(channel_id, seq) WHERE e.channel_id = t.channel_id AND e.seq = t.seq
"""
_ERASE_EDITS = """
UPDATE entries e SET text = '', html = '', files = NULL FROM unnest($1::int[], $2::bigint[]) AS t(channel_id, seq)
WHERE e.channel_id = t.channel_id AND e.target = t.seq AND e.kind = 'edited'
"""
_ATTACH = """
UPDATE files f SET seq = t.seq FROM unnest($1::text[], $2::int[], $3::bigint[]) AS t(id, channel_id, seq)
WHERE f.id = t.id AND f.channel_id = t.channel_id
"""
_DETACH = """
UPDATE files f SET seq = NULL, account_id = 0, created_at = 0
FROM unnest($1::int[], $2::bigint[]) AS t(channel_id, seq) WHERE f.channel_id = t.channel_id AND f.seq = t.seq
"""
_UNPIN = """
DELETE FROM pins p USING unnest($1::int[], $2::bigint[]) AS t(channel_id, seq)
WHERE p.channel_id = t.channel_id AND p.seq = t.seq
"""
_PIN = """
INSERT INTO pins (channel_id, seq, pinned_seq) SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[])
"""
_UNCALL = """
DELETE FROM mentions m USING unnest($1::int[], $2::bigint[]) AS t(channel_id, seq)
WHERE m.channel_id = t.channel_id AND m.seq = t.seq
"""
_CALL = """
INSERT INTO mentions (account_id, channel_id, seq, sender_id)
SELECT * FROM unnest($1::int[], $2::int[], $3::bigint[], $4::int[])
"""
_RECORD = f"""
INSERT INTO audit_log ({", ".join(AUDIT)})
SELECT * FROM unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::int[], $6::text[], $7::text[])
"""  # noqa: S608 - columns of ours


async def append(connection: Any, batch: Sequence[NewEntry]) -> Sequence[Outcome]:
    """Store what is fresh and allowed, through the driver's connection (asyncpg), outside of a transaction."""
    if all(new.plain for new in batch):
        return await _append_plain(connection, batch)
    async with connection.transaction():
        plan = decide(batch, await _facts(connection, batch))
        await _write(connection, plan)
    return plan.outcomes


async def _append_plain(connection: Any, batch: Sequence[NewEntry]) -> Sequence[Outcome]:
    rows = await connection.fetch(
        _APPEND,
        [entry.channel for entry in batch],
        [entry.kind.value for entry in batch],
        [entry.at for entry in batch],
        [entry.sender for entry in batch],
        [entry.client_id for entry in batch],
        [entry.text for entry in batch],
        [entry.html for entry in batch],
    )
    outcomes: list[Outcome | None] = [None for _ in batch]
    for row in rows:
        place = int(row[0]) - 1
        outcomes[place] = _known(row) if row[1] is not None else _stored(batch[place], row[2])
    if None not in outcomes:
        return [outcome for outcome in outcomes if outcome is not None]
    inside = await _archived(connection, [new for new, outcome in zip(batch, outcomes, strict=True) if outcome is None])
    return [outcome or _refused(new, inside) for new, outcome in zip(batch, outcomes, strict=True)]


async def _archived(connection: Any, refused: Sequence[NewEntry]) -> set[tuple[int, int]]:
    """Of the senders and channels that were refused, those where the sender is in a channel that is archived."""
    asked = sorted({(new.sender, new.channel) for new in refused})
    return {(row[0], row[1]) for row in await connection.fetch(_ARCHIVED, *_columns(asked, 2))}


def _refused(new: NewEntry, in_archived: set[tuple[int, int]]) -> Outcome:
    return archived() if (new.sender, new.channel) in in_archived else no_channel(new.channel)


def _stored(e: NewEntry, seq: int) -> Appended:
    return Appended(Entry(e.channel, seq, e.kind, moment(e.at), e.sender, e.client_id, e.text, e.html), repeated=False)


def _known(row: Any) -> Appended:
    return Appended(entry_of(row[1:]), repeated=True)


async def _facts(connection: Any, batch: Sequence[NewEntry]) -> Facts:
    locked = await connection.fetch(_LOCK, sorted({new.channel for new in batch}))
    known = await connection.fetch(_KNOWN, [new.sender for new in batch], [new.client_id for new in batch])
    asked = sorted({(new.sender, new.channel) for new in batch})
    members = await connection.fetch(_MEMBERS, *_columns(asked, 2))
    messages = await _messages(connection, touched(batch))
    return Facts(
        {(row[4], row[5]): entry_of(row) for row in known},
        frozenset((row[0], row[1]) for row in members),
        {row[0]: row[1] for row in locked},
        frozenset(row[0] for row in locked if row[2]),
        {**messages, **await _messages(connection, roots(messages))},
    )


async def _messages(connection: Any, places: Collection[Place]) -> dict[Place, Entry]:
    if not places:
        return {}
    rows = await connection.fetch(_MESSAGES, *_columns(sorted(places), 2))
    return {(row[0], row[1]): message_of(row) for row in rows}


async def _write(connection: Any, plan: Plan) -> None:
    calls = [(who, *place, message.sender) for place, message in plan.called.items() for who in message.mentions]
    reads = [(account, channel, seq) for (account, channel), seq in sorted(plan.read.items())]
    for statement, rows, width in (
        (_RAISE_ENDS, list(plan.ends.items()), 2),
        (_INSERT, [line_values(entry) for entry in plan.entries], 13),
        (_ADVANCE, reads, 3),
        (_PUT_STATES, [state_values(message) for message in plan.states.values()], 8),
        (_ATTACH, plan.attached, 3),
        (_ERASE, plan.erased, 2),
        (_ERASE_EDITS, plan.erased, 2),
        (_DETACH, plan.erased, 2),
        (_UNPIN, list(plan.unpinned), 2),
        (_PIN, [(*place, seq) for place, seq in plan.pinned.items()], 3),
        (_UNCALL, list(plan.called), 2),
        (_CALL, calls, 4),
        (_RECORD, [record_values(each) for each in plan.records], len(AUDIT)),
    ):
        if rows:
            await connection.execute(statement, *_columns(rows, width))


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """The rows as one array a column, as unnest takes them."""
    return [[row[at] for row in rows] for at in range(width)]

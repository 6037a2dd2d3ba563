"""Appending a batch on PostgreSQL: one statement, which is its own transaction, so one round trip and one commit.

`known` are repeated sends. `fresh` are the others whose sender is in the channel. `locked` locks their channels in the
order of the ids, so that two instances never wait for each other crosswise; then they take numbers and are stored. Two
instances that store the same client id at once: the second waits at the unique index and fails as a whole, and its next
attempt sees the first one's entry.
"""

from collections.abc import Sequence
from typing import Any

from chorus.chat.domain.entries import Entry, NewEntry, moment
from chorus.chat.storage.contract import Appended
from chorus.chat.storage.database import Outcome
from chorus.chat.storage.queries.channels import no_channel
from chorus.chat.storage.queries.entries import entry_of

_APPEND = """
WITH sent AS (
  SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::int[], $5::uuid[], $6::text[], $7::text[])
  WITH ORDINALITY AS t(channel_id, kind, at, sender_id, client_id, text, html, place)
), known AS (
  SELECT s.place, e.channel_id, e.seq, e.kind, e.at, e.sender_id, e.client_id, e.text, e.html
  FROM sent s JOIN entries e ON e.sender_id = s.sender_id AND e.client_id = s.client_id
), fresh AS (
  SELECT s.* FROM sent s
  JOIN memberships m ON m.account_id = s.sender_id AND m.channel_id = s.channel_id
  WHERE s.place NOT IN (SELECT place FROM known)
), locked AS (
  SELECT id FROM channels WHERE id IN (SELECT channel_id FROM fresh) ORDER BY id FOR UPDATE
), numbered AS (
  UPDATE channels c SET last_seq = c.last_seq + f.count
  FROM (SELECT channel_id, count(*) AS count FROM fresh GROUP BY channel_id) f
  WHERE c.id = f.channel_id AND c.id IN (SELECT id FROM locked)
  RETURNING c.id, c.last_seq - f.count AS base
), stored AS (
  INSERT INTO entries (channel_id, seq, kind, at, sender_id, client_id, text, html)
  SELECT f.channel_id, n.base + row_number() OVER (PARTITION BY f.channel_id ORDER BY f.place),
         f.kind, f.at, f.sender_id, f.client_id, f.text, f.html
  FROM fresh f JOIN numbered n ON n.id = f.channel_id
  RETURNING sender_id, client_id, seq
)
SELECT f.place, s.seq, NULL AS channel_id, NULL AS kind, NULL AS at, NULL AS sender_id, NULL AS client_id,
       NULL AS text, NULL AS html
FROM stored s JOIN fresh f ON f.sender_id = s.sender_id AND f.client_id = s.client_id
UNION ALL
SELECT place, seq, channel_id, kind, at, sender_id, client_id, text, html FROM known
"""


async def append(connection: Any, batch: Sequence[NewEntry]) -> Sequence[Outcome]:
    """Store what is fresh and allowed, through the driver's connection (asyncpg), outside of a transaction."""
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
        outcomes[place] = _known(row) if row[2] is not None else _stored(batch[place], row[1])
    return [outcome or no_channel(entry.channel) for entry, outcome in zip(batch, outcomes, strict=True)]


def _stored(e: NewEntry, seq: int) -> Appended:
    return Appended(Entry(e.channel, seq, e.kind, moment(e.at), e.sender, e.client_id, e.text, e.html), repeated=False)


def _known(row: Any) -> Appended:
    return Appended(entry_of((row[2], row[1], *row[3:])), repeated=True)

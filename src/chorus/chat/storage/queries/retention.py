"""Taking away what is older than it is kept: the beginning of a channel's log, up to its floor.

Entries go in the order of their numbers, so that what is left has no gaps; with a message goes all that was made of it:
its state, its place in search, its pins, what it was edited to, and whoever saved it or began to answer it. Its files
become such that nobody can have.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from chorus.chat.domain.entries import EntryKind
from chorus.chat.domain.retention import DAY, believed
from chorus.chat.storage.indexing import hold_index
from chorus.chat.storage.queries.members import no_channel
from chorus.chat.storage.schema import (
    channels,
    drafts,
    entries,
    files,
    memberships,
    mentions,
    message_states,
    pins,
    saved_messages,
    search_documents,
    search_positions,
    server,
)
from chorus.chat.storage.schema_version import require_current

_OF_MESSAGES = (message_states, mentions, pins, saved_messages, search_documents)


def server_retention(connection: Connection) -> int:
    """Days for which messages are kept where a channel says nothing else; 0: for ever."""
    return connection.execute(select(server.c.retention)).scalar_one()


def set_server_retention(connection: Connection, days: int) -> None:
    """Keep messages so long where a channel says nothing else."""
    connection.execute(update(server).values(retention=days))


def set_channel_retention(connection: Connection, channel_id: int, days: int | None) -> None:
    """Keep messages of the channel so long; None: as the server says."""
    if not connection.execute(update(channels).where(channels.c.id == channel_id).values(retention=days)).rowcount:
        raise no_channel(channel_id)


def floor(connection: Connection, channel_id: int) -> int:
    """The seq up to which the channel's entries are gone."""
    return connection.scalar(select(channels.c.floor).where(channels.c.id == channel_id)) or 0


def claim_sweep(connection: Connection, *, at: int, period: int) -> int | None:
    """The time of which it is this instance's turn to look; None: somebody did within the last `period` milliseconds.

    A claim that is so far ahead is of a clock that was set back since: it does not count.

    Raises:
        Outdated: a newer version keeps this one away.
    """
    require_current(connection)
    before = connection.execute(select(server.c.swept_at)).scalar_one()
    if abs(at - before) < period:
        return None
    claim = update(server).where(server.c.swept_at == before).values(swept_at=at)  # of two, one
    return believed(at, before=before) if connection.execute(claim).rowcount else None


def expiring(connection: Connection, *, at: int) -> Sequence[tuple[int, int]]:
    """The channels in which something may be too old at `at`, each with the time before which everything is."""
    days = func.coalesce(channels.c.retention, select(server.c.retention).scalar_subquery())
    rows: Sequence[Any] = connection.execute(
        select(channels.c.id, days).where(days > 0, channels.c.last_seq > channels.c.floor).order_by(channels.c.id)
    ).all()
    return [(row[0], at - row[1] * DAY) for row in rows]


def expire(connection: Connection, channel_id: int, *, before: int, limit: int) -> int:
    """Take away up to `limit` entries that are older than `before`, under the channel's lock; how many those were."""
    row = connection.execute(select(channels.c.floor).where(channels.c.id == channel_id).with_for_update()).first()
    if row is None:
        return 0
    begin: int = row[0]
    upto = begin
    log = entries.c.channel_id == channel_id
    first = select(entries.c.seq, entries.c.at).where(log, entries.c.seq > begin, entries.c.seq <= begin + limit)
    for seq, at in connection.execute(first.order_by(entries.c.seq)):
        if at >= before:
            break
        upto = seq
    if upto > begin:
        _take_away(connection, channel_id, begin, upto)
    return upto - begin


def _take_away(connection: Connection, channel_id: int, begin: int, upto: int) -> None:
    hold_index(connection, channel_id)  # or what is being indexed from these lines would come after they are gone
    connection.execute(
        update(entries)
        .where(
            entries.c.channel_id == channel_id,
            entries.c.target > begin,
            entries.c.target <= upto,
            entries.c.seq > upto,
            entries.c.kind == EntryKind.EDITED.value,
        )
        .values(text="", html="", files=None)
    )
    connection.execute(delete(entries).where(entries.c.channel_id == channel_id, entries.c.seq <= upto))
    for table in _OF_MESSAGES:
        connection.execute(delete(table).where(table.c.channel_id == channel_id, table.c.seq <= upto))
    connection.execute(delete(drafts).where(drafts.c.channel_id == channel_id, drafts.c.thread.between(1, upto)))
    attached = and_(files.c.channel_id == channel_id, files.c.seq <= upto)
    connection.execute(update(files).where(attached).values(seq=None, account_id=0, created_at=0))
    for table, position in ((memberships, memberships.c.read_seq), (search_positions, search_positions.c.seq)):
        behind = and_(table.c.channel_id == channel_id, position < upto)
        connection.execute(update(table).where(behind).values({position: upto}))
    connection.execute(update(channels).where(channels.c.id == channel_id).values(floor=upto))

"""Reading a channel's log. Appending differs between the databases: see sqlite_append.py and postgres_append.py.

Numbers have no gaps, so a page is a range of numbers and needs no LIMIT: the primary key leads to its first entry and
gives the rest in order.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, select

from chorus.chat.domain.entries import Entry, EntryKind, HistoryPage, moment
from chorus.chat.storage.queries.channels import no_channel
from chorus.chat.storage.schema import channels, entries, memberships

COLUMNS = (
    entries.c.channel_id,
    entries.c.seq,
    entries.c.kind,
    entries.c.at,
    entries.c.sender_id,
    entries.c.client_id,
    entries.c.text,
    entries.c.html,
)

_POSTED = EntryKind.POSTED


def entry_of(row: Sequence[Any]) -> Entry:
    """The entry in a row that begins with COLUMNS."""
    kind = _POSTED if row[2] == "posted" else EntryKind(row[2])
    return Entry(row[0], row[1], kind, moment(row[3]), row[4], row[5], row[6], row[7])


def _page(above: ColumnElement[Any] | Any, upto: ColumnElement[Any] | Any) -> Any:
    """One statement: the membership, the channel's end, and the entries in between; no row when not a member."""
    wanted = and_(entries.c.channel_id == bindparam("channel_id"), entries.c.seq > above, entries.c.seq <= upto)
    return (
        select(*COLUMNS, channels.c.last_seq)
        .select_from(memberships.join(channels, channels.c.id == memberships.c.channel_id).outerjoin(entries, wanted))
        .where(memberships.c.account_id == bindparam("account_id"), channels.c.id == bindparam("channel_id"))
        .order_by(entries.c.seq)
    )


_limit = bindparam("limit", type_=channels.c.last_seq.type)
_seq = bindparam("seq", type_=channels.c.last_seq.type)
_end_before = case((channels.c.last_seq < _seq, channels.c.last_seq), else_=_seq - 1)

_newest = _page(channels.c.last_seq - _limit, channels.c.last_seq)
_before = _page(_end_before - _limit, _end_before)
_between = _page(_seq, _seq + _limit)

_after = (
    select(*COLUMNS)
    .where(
        entries.c.channel_id == bindparam("channel_id"),
        entries.c.seq > _seq,
        entries.c.seq <= _seq + _limit,
    )
    .order_by(entries.c.seq)
)


def history(
    connection: Connection,
    account_id: int,
    channel_id: int,
    *,
    before: int | None,
    after: int | None,
    around: int | None,
    limit: int,
) -> HistoryPage:
    """A page of the log for one who is in the channel."""
    statement, seq = _newest, 0
    if before is not None:
        statement, seq = _before, before
    elif after is not None:
        statement, seq = _between, after
    elif around is not None:
        statement, seq = _between, max(around - 1 - limit // 2, 0)

    parameters = {"account_id": account_id, "channel_id": channel_id, "limit": limit, "seq": seq}
    rows: Sequence[Any] = connection.execute(statement, parameters).all()
    if not rows:
        raise no_channel(channel_id)
    last_seq = rows[0][len(COLUMNS)]
    page = [entry_of(row) for row in rows if row[1] is not None]
    if page:
        return HistoryPage(page, first=page[0].seq == 1, last=page[-1].seq >= last_seq)
    return HistoryPage([], first=last_seq == 0 or statement is _before, last=last_seq == 0 or statement is not _before)


def read(connection: Connection, channel_id: int, *, after: int, limit: int) -> Sequence[Entry]:
    """The entries that follow `after`."""
    rows = connection.execute(_after, {"channel_id": channel_id, "seq": after, "limit": limit})
    return [entry_of(row) for row in rows]

"""Reading a channel's log. Appending differs between the databases: see sqlite_append.py and postgres_append.py.

Numbers have no gaps, from the channel's floor on: what lay up to it became older than it is kept. So a page is a range
of numbers and needs no LIMIT: the primary key leads to its first entry and gives the rest in order.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, false, func, select

from chorus.chat.domain.entries import (
    LARGEST_THREAD,
    MOST_EDITS,
    Edit,
    Entry,
    EntryKind,
    HistoryPage,
    Thread,
)
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.moments import moment
from chorus.chat.domain.pages import MOST_BYTES, within
from chorus.chat.storage.contract.messages import Where
from chorus.chat.storage.prepared import Prepared
from chorus.chat.storage.queries.entry_rows import COLUMNS, STATE, entry_of, message_of
from chorus.chat.storage.queries.members import no_channel
from chorus.chat.storage.schema import channels, entries, memberships, message_states

_known = select(entries.c.seq).where(
    entries.c.sender_id == bindparam("sender"), entries.c.client_id == bindparam("client_id")
)

_of_entry = and_(message_states.c.channel_id == entries.c.channel_id, message_states.c.seq == entries.c.seq)
_present = entries.outerjoin(message_states, _of_entry)
_END = len(COLUMNS) + len(STATE)
"""Where the channel's end stands in the row of a message."""


class Stretch(NamedTuple):
    """Rows of a page, whatever their columns, and what a HistoryPage says of it."""

    rows: Sequence[Sequence[Any]]
    first: bool
    last: bool
    as_of: int


class _Pages(NamedTuple):
    """The statements that read one: the newest, what is before a seq, what is between two."""

    newest: Prepared
    before: Prepared
    between: Prepared


def _page(columns: Sequence[ColumnElement[Any]], above: ColumnElement[Any], upto: ColumnElement[Any]) -> Prepared:
    """One statement: the membership, the channel's end, and the entries in between; no row when not a member."""
    wanted = and_(entries.c.channel_id == bindparam("channel_id"), entries.c.seq > above, entries.c.seq <= upto)
    return Prepared(
        select(*columns, channels.c.last_seq, channels.c.floor)
        .select_from(
            memberships.join(channels, channels.c.id == memberships.c.channel_id)
            .outerjoin(entries, wanted)
            .outerjoin(message_states, _of_entry)
        )
        .where(memberships.c.account_id == bindparam("account_id"), channels.c.id == bindparam("channel_id"))
        .order_by(entries.c.seq)
    )


_limit = bindparam("limit", type_=channels.c.last_seq.type)
_seq = bindparam("seq", type_=channels.c.last_seq.type)
_end_before = case((channels.c.last_seq < _seq, channels.c.last_seq), else_=_seq - 1)
_from = case((channels.c.floor > _seq, channels.c.floor), else_=_seq)


def _pages(columns: Sequence[ColumnElement[Any]]) -> _Pages:
    return _Pages(
        _page(columns, channels.c.last_seq - _limit, channels.c.last_seq),
        _page(columns, _end_before - _limit, _end_before),
        _page(columns, _from, _from + _limit),
    )


def _of_an_edit(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((entries.c.kind == EntryKind.EDITED.value, column))


_whole = _pages((*COLUMNS, *STATE))
_outline = _pages(
    (
        entries.c.at,
        entries.c.seq,
        _of_an_edit(entries.c.text),
        _of_an_edit(entries.c.html),
        _of_an_edit(entries.c.files),
        *STATE,
    )
)

_after = Prepared(
    select(*COLUMNS)
    .where(
        entries.c.channel_id == bindparam("channel_id"),
        entries.c.seq > _seq,
        entries.c.seq <= _seq + _limit,
    )
    .order_by(entries.c.seq)
)


def history(connection: Connection, account_id: int, channel_id: int, **where: Unpack[Where]) -> HistoryPage:
    """A page of the log for one who is in the channel."""
    found = stretch(connection, account_id, channel_id, **where)
    return HistoryPage([message_of(row) for row in found.rows], found.first, found.last, found.as_of)


def stretch(connection: Connection, account_id: int, channel_id: int, **where: Unpack[Where]) -> Stretch:
    """The rows of such a page: COLUMNS and STATE."""
    asked = page_asked(account_id, channel_id, **where)
    return stretch_of(asked, asked.statement.rows(connection, asked.parameters))


class PageAsked(NamedTuple):
    """How a page is asked for, by a statement that is all there is to it."""

    statement: Prepared
    parameters: Mapping[str, Any]
    channel_id: int
    backwards: bool
    """Whether it ends before a seq, and does not begin after one."""


def page_asked(
    account_id: int,
    channel_id: int,
    *,
    outline: bool = False,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int,
) -> PageAsked:
    """How to ask for a page.

    With `outline`, for what of it ever changes: when and seq, which say which entry it is; text, html and files of one
    that edits (of the others they change with the state); and STATE.
    """
    pages = _outline if outline else _whole
    statement, seq = pages.newest, 0
    if before is not None:
        statement, seq = pages.before, before
    elif after is not None:
        statement, seq = pages.between, after
    elif around is not None:
        statement, seq = pages.between, max(around - 1 - limit // 2, 0)
    parameters = {"account_id": account_id, "channel_id": channel_id, "limit": limit, "seq": seq}
    return PageAsked(statement, parameters, channel_id, statement is pages.before)


def stretch_of(asked: PageAsked, rows: Sequence[Sequence[Any]]) -> Stretch:
    """What was found.

    Raises:
        NotFound: the account is not in the channel, or there is none.
    """
    if not rows:
        raise no_channel(asked.channel_id)
    last_seq, floor = rows[0][-2:]
    if rows[0][1] is not None:
        return Stretch(rows, first=rows[0][1] == floor + 1, last=rows[-1][1] >= last_seq, as_of=last_seq)
    backwards = asked.backwards
    return Stretch((), first=last_seq == floor or backwards, last=last_seq == floor or not backwards, as_of=last_seq)


def knows(connection: Connection, sender: int, client_id: UUID) -> bool:
    """Whether there is an entry of this sender with this client id."""
    return connection.scalar(_known, {"sender": sender, "client_id": client_id}) is not None


def read(connection: Connection, channel_id: int, *, after: int, limit: int) -> Sequence[Entry]:
    """The entries that follow `after`."""
    rows = _after.rows(connection, {"channel_id": channel_id, "seq": after, "limit": limit})
    return [entry_of(row) for row in rows]


_message = _page((*COLUMNS, *STATE), _seq - 1, _seq)
_inner = entries.alias()


def _found_by(column: ColumnElement[Any]) -> Select[int]:
    """The numbers of the channel's entries that name this seq in the column, which has an index.

    Asked for by themselves: SQLite knows nothing of how many those are, and would read the whole log for its order.
    """
    return select(_inner.c.seq).where(_inner.c.channel_id == bindparam("channel_id"), column == _seq)


_replies = (
    select(*COLUMNS, *STATE)
    .select_from(_present)
    .where(
        entries.c.channel_id == bindparam("channel_id"),
        entries.c.seq.in_(_found_by(_inner.c.thread)),
        entries.c.kind == EntryKind.POSTED.value,
        func.coalesce(message_states.c.deleted, false()) == false(),
    )
    .order_by(entries.c.seq.desc())
    .limit(LARGEST_THREAD)
)
_edits = (
    select(entries.c.at, entries.c.sender_id, entries.c.text, entries.c.html)
    .where(
        entries.c.channel_id == bindparam("channel_id"),
        entries.c.seq.in_(_found_by(_inner.c.target)),
        entries.c.kind == EntryKind.EDITED.value,
    )
    .order_by(entries.c.seq.desc())
    .limit(MOST_EDITS - 1)
)


def message(connection: Connection, account_id: int, channel_id: int, seq: int) -> tuple[Entry, int]:
    """A message for one who is in its channel, and the channel's end."""
    place = {"account_id": account_id, "channel_id": channel_id, "seq": seq}
    rows = _message.rows(connection, place)
    if not rows:
        raise no_channel(channel_id)
    row = rows[0]
    if row[1] is None or row[2] != EntryKind.POSTED:
        raise no_message(channel_id, seq)
    return message_of(row), row[_END]


def thread(connection: Connection, account_id: int, channel_id: int, seq: int) -> Thread:
    """A message and its newest replies; the transaction must be a snapshot."""
    root, end = message(connection, account_id, channel_id, seq)
    rows = connection.execute(_replies, {"channel_id": channel_id, "seq": seq}).all()
    replies = [message_of(row) for row in reversed(rows)]
    sizes = [len(reply.text) + len(reply.html) for reply in replies]
    if sum(sizes) > MOST_BYTES:
        replies = replies[within(sizes, most=MOST_BYTES, around=len(sizes) - 1)]
    return Thread(root, replies, as_of=end)


def edits(connection: Connection, account_id: int, channel_id: int, seq: int) -> Sequence[Edit]:
    """The wordings of a message, the first one and the newest ones; none of a deleted one."""
    found, _ = message(connection, account_id, channel_id, seq)
    if found.deleted:
        return []
    (first,) = read(connection, channel_id, after=seq - 1, limit=1)
    rows = connection.execute(_edits, {"channel_id": channel_id, "seq": seq}).all()
    later = [Edit(moment(row[0]), row[1], row[2], row[3]) for row in reversed(rows)]
    return [Edit(first.at, first.sender, first.text, first.html), *later]


def no_message(channel_id: int, seq: int) -> NotFound:
    """The answer for a message that is not there."""
    return NotFound(f"There is no message {seq} in channel {channel_id}")

"""Channels as accounts see them: public ones, and those that they are in."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Update, and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from chorus.chat.domain.channels import CONVERSATIONS, Channel, ChannelKind, archived, check_named
from chorus.chat.domain.conversations import people_of
from chorus.chat.domain.errors import Conflict
from chorus.chat.domain.mentions import EVERYBODY
from chorus.chat.storage.among import among
from chorus.chat.storage.prepared import Prepared
from chorus.chat.storage.queries.members import (
    delete_member,
    insert_member,
    is_member,
    lock,
    members,
    membership,
    no_account,
    no_channel,
    require_member,
)
from chorus.chat.storage.schema import accounts, channels, entries, memberships, mentions
from chorus.chat.storage.steps import Rows, Step, Steps

_mine = and_(memberships.c.channel_id == channels.c.id, memberships.c.account_id == bindparam("account_id"))
_positions = select(channels.c.id, channels.c.last_seq).where(among(channels.c.id, "ids"))
_quiet = (
    select(func.count())
    .select_from(entries)
    .where(entries.c.channel_id == channels.c.id, entries.c.seq > memberships.c.read_seq, entries.c.quiet)
    .correlate(channels, memberships)
    .scalar_subquery()
)
_mentions = (
    select(func.count(mentions.c.seq.distinct()))
    .where(
        mentions.c.account_id.in_([bindparam("account_id"), EVERYBODY]),
        mentions.c.channel_id == channels.c.id,
        mentions.c.seq > memberships.c.read_seq,
        mentions.c.sender_id != bindparam("account_id"),
    )
    .correlate(channels, memberships)
    .scalar_subquery()
)
_behind = channels.c.last_seq > memberships.c.read_seq
"""Nothing is counted of a channel that was read to its end, as most are, and as one is that was just marked as read."""

_columns = (
    channels.c.id,
    channels.c.name,
    channels.c.topic,
    channels.c.last_seq,
    func.coalesce(memberships.c.read_seq, 0),
    memberships.c.account_id,
    channels.c.members,
    case((_behind, channels.c.last_seq - memberships.c.read_seq - _quiet), else_=0),
    case((_behind, _mentions), else_=0),
    channels.c.kind,
    channels.c.creator_id,
    channels.c.archived_at,
    channels.c.retention,
    channels.c.floor,
)
_KINDS = {kind.value: kind for kind in ChannelKind}
_is_public = channels.c.kind == ChannelKind.PUBLIC.value
_outer = select(*_columns).select_from(channels.outerjoin(memberships, _mine))
_outer_one = _outer.where(channels.c.id == bindparam("channel_id"))
_visible = Prepared(_outer.where(or_(_is_public, memberships.c.account_id.is_not(None))).order_by(channels.c.name))
_inner = select(*_columns).select_from(channels.join(memberships, _mine))
_joined = Prepared(_inner.order_by(channels.c.name))
_joined_one = Prepared(_inner.where(channels.c.id == bindparam("channel_id")))


def _moving(*, back: bool) -> Update:
    """One statement that moves a read position to `seq`, within what the channel's log has."""
    here = channels.c.id == bindparam("channel")
    last_seq = select(channels.c.last_seq).where(here).scalar_subquery()
    floor = select(channels.c.floor).where(here).scalar_subquery()
    seq = bindparam("seq", type_=BigInteger)
    wanted = case((last_seq < seq, last_seq), (floor > seq, floor), else_=seq)
    moves = memberships.c.read_seq != wanted if back else memberships.c.read_seq < wanted
    mine = membership(bindparam("account"), bindparam("channel"))
    return update(memberships).where(mine, moves).values(read_seq=wanted)


_advance = Prepared(_moving(back=False))
_move = Prepared(_moving(back=True))
_kept = select(channels.c.kind, channels.c.archived_at).where(channels.c.id == bindparam("channel_id"))


def list_channels(connection: Connection, account_id: int, *, joined_only: bool) -> Sequence[Channel]:
    """The channels as the account sees them, by name."""
    rows = (_joined if joined_only else _visible).rows(connection, {"account_id": account_id})
    return [_channel_of(row) for row in rows]


def joined_channel(connection: Connection, account_id: int, channel_id: int) -> Channel:
    """One channel that the account is in."""
    rows = _joined_one.rows(connection, {"account_id": account_id, "channel_id": channel_id})
    return _the_one(rows, channel_id)


def channel_members(connection: Connection, account_id: int, channel_id: int, *, joined_only: bool) -> Sequence[int]:
    """The accounts in a channel that the account is in or, unless `joined_only`, may find."""
    found = connection.execute(_kept, {"channel_id": channel_id}).first()
    if found is None or joined_only or found[0] != ChannelKind.PUBLIC.value:
        require_member(connection, account_id, channel_id)
    return members(connection, channel_id)


def create_channel(
    connection: Connection, *, name: str, topic: str, kind: ChannelKind = ChannelKind.PUBLIC, creator: int, at: int
) -> Channel:
    """Make a channel with its first member."""
    channel_id = insert_channel(connection, name=name, topic=topic, kind=kind, creator=creator, at=at)
    insert_member(connection, creator, channel_id, at=at)
    return joined_channel(connection, creator, channel_id)


def insert_channel(
    connection: Connection,
    *,
    name: str,
    topic: str = "",
    kind: ChannelKind = ChannelKind.PUBLIC,
    creator: int = 0,
    for_all: bool = False,
    at: int,
) -> int:
    """Make a channel that nobody is in; its id."""
    values = {
        "name": name,
        "topic": topic,
        "kind": kind.value,
        "creator_id": creator,
        "for_all": for_all,
        "last_seq": 0,
        "members": 0,
        "created_at": at,
    }
    try:
        return connection.execute(insert(channels).values(values).returning(channels.c.id)).scalar_one()
    except IntegrityError as error:
        raise _name_taken(name) from error


def change_channel(
    connection: Connection,
    account_id: int,
    channel_id: int,
    *,
    name: str | None,
    topic: str | None,
    archived_at: int | None,
) -> Channel:
    """Change what is not None; an `archived_at` of 0 has the channel in use again."""
    lock(connection, channel_id)
    require_member(connection, account_id, channel_id)
    changed = {
        **({} if name is None else {"name": name}),
        **({} if topic is None else {"topic": topic}),
        **({} if archived_at is None else {"archived_at": archived_at or None}),
    }
    if changed:
        try:
            connection.execute(update(channels).where(channels.c.id == channel_id).values(changed))
        except IntegrityError as error:
            raise _name_taken(name or "") from error
    return joined_channel(connection, account_id, channel_id)


def join_channel(connection: Connection, account_id: int, channel_id: int, *, at: int) -> Channel:
    """Make the account a member, if it is not one; only a public channel in use is joined."""
    lock(connection, channel_id)
    if not is_member(connection, account_id, channel_id):
        kind, archived_at = connection.execute(_kept, {"channel_id": channel_id}).one()
        if kind != ChannelKind.PUBLIC.value:
            raise no_channel(channel_id)
        if archived_at is not None:
            raise archived()
        insert_member(connection, account_id, channel_id, at=at)
    return joined_channel(connection, account_id, channel_id)


def seen_from_outside(connection: Connection, channel_id: int) -> Channel:
    """The channel as one who is not in it sees it."""
    row = connection.execute(_outer_one, {"account_id": 0, "channel_id": channel_id}).first()
    if row is None:
        raise no_channel(channel_id)
    return _channel_of(row)


def every_channel(connection: Connection) -> Sequence[Channel]:
    """All channels and conversations, by id, as one who is in none sees them."""
    rows = connection.execute(_outer.order_by(channels.c.id), {"account_id": 0})
    return [_channel_of(row) for row in rows]


def leave_channel(connection: Connection, account_id: int, channel_id: int) -> Channel:
    """End the membership, if there is one; gives the channel as others see it from outside."""
    lock(connection, channel_id)
    before = connection.execute(_outer_one, {"account_id": account_id, "channel_id": channel_id}).one()
    check_named(_channel_of(before))
    if not delete_member(connection, account_id, channel_id) and before.kind != ChannelKind.PUBLIC.value:
        raise no_channel(channel_id)
    after = connection.execute(_outer_one, {"account_id": account_id, "channel_id": channel_id}).one()
    return _channel_of(after).seen_from_outside()


def add_member(connection: Connection, by: int, account_id: int, channel_id: int, *, at: int) -> Channel:
    """Have `by`, who is in the channel, add an account that is in use; gives the channel as `by` sees it."""
    lock(connection, channel_id)
    require_member(connection, by, channel_id)
    active = select(accounts.c.id).where(accounts.c.id == account_id, accounts.c.deactivated_at.is_(None))
    if connection.scalar(active) is None:
        raise no_account(account_id)
    if not is_member(connection, account_id, channel_id):
        insert_member(connection, account_id, channel_id, at=at)
    return joined_channel(connection, by, channel_id)


def remove_member(connection: Connection, by: int, account_id: int, channel_id: int) -> tuple[Channel, bool]:
    """Have `by`, who is in the channel, take another account out of it.

    Gives the channel as `by` sees it, and whether the account was in it.
    """
    lock(connection, channel_id)
    require_member(connection, by, channel_id)
    removed = delete_member(connection, account_id, channel_id)
    return joined_channel(connection, by, channel_id), removed


def mark_read(account_id: int, channel_id: int, seq: int, *, back: bool = False) -> Steps[Channel]:
    """Move the read position forward, or with `back` wherever it is to be, at most to the channel's end."""
    place = {"account": account_id, "channel": channel_id, "seq": seq}
    yield Step(_move if back else _advance, place)  # whoever has seen it all writes nothing, and most have
    return _the_one((yield Step(_joined_one, {"account_id": account_id, "channel_id": channel_id})), channel_id)


def positions(connection: Connection, channel_ids: Collection[int]) -> dict[int, int]:
    """The last seq of each of these channels that exists, in one statement."""
    return {row[0]: row[1] for row in connection.execute(_positions, {"ids": channel_ids})}


def _name_taken(name: str) -> Conflict:
    return Conflict(f"name: #{name} exists already")


def _the_one(rows: Rows, channel_id: int) -> Channel:
    if not rows:
        raise no_channel(channel_id)
    return _channel_of(rows[0])


def _channel_of(row: Sequence[Any]) -> Channel:
    kind = _KINDS[row[9]]
    return Channel(
        row[0],
        "" if kind in CONVERSATIONS else row[1],
        row[2],
        row[3],
        row[4],
        row[5] is not None,
        row[6],
        row[7],
        row[8],
        kind,
        people_of(row[1]),
        row[10],
        archived=row[11] is not None,
        retention=row[12],
        floor=row[13],
    )

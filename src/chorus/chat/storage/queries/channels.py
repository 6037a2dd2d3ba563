"""Channels and who is in them.

Whoever joins or leaves locks the channel's row first, as an append does: the count of its members stays right, and no
two transactions take locks in another order.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from chorus.chat.domain.channels import Channel
from chorus.chat.domain.errors import Conflict, NotFound
from chorus.chat.domain.mentions import EVERYBODY
from chorus.chat.storage.schema import channels, entries, memberships, mentions

_ALL_POSITIONS = 500
"""Asked for more channels than these, all are read: the statement stays one and small."""

_mine = and_(memberships.c.channel_id == channels.c.id, memberships.c.account_id == bindparam("account_id"))
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
_columns = (
    channels.c.id,
    channels.c.name,
    channels.c.topic,
    channels.c.last_seq,
    func.coalesce(memberships.c.read_seq, 0),
    memberships.c.account_id,
    channels.c.members,
    func.coalesce(channels.c.last_seq - memberships.c.read_seq - _quiet, 0),
    func.coalesce(_mentions, 0),
)
_visible = select(*_columns).select_from(channels.outerjoin(memberships, _mine)).order_by(channels.c.name)
_joined = select(*_columns).select_from(channels.join(memberships, _mine)).order_by(channels.c.name)
_joined_one = _joined.where(channels.c.id == bindparam("channel_id"))


def list_channels(connection: Connection, account_id: int, *, joined_only: bool) -> Sequence[Channel]:
    """The channels as the account sees them, by name."""
    rows = connection.execute(_joined if joined_only else _visible, {"account_id": account_id})
    return [_channel_of(row) for row in rows]


def joined_channel(connection: Connection, account_id: int, channel_id: int) -> Channel:
    """One channel that the account is in."""
    row = connection.execute(_joined_one, {"account_id": account_id, "channel_id": channel_id}).first()
    if row is None:
        raise no_channel(channel_id)
    return _channel_of(row)


def create_channel(connection: Connection, *, name: str, topic: str, creator: int, at: int) -> Channel:
    """Make a channel with its first member."""
    channel = insert_channel(connection, name=name, topic=topic, for_all=False, at=at)
    insert_member(connection, creator, channel.id, at=at)
    return joined_channel(connection, creator, channel.id)


def insert_channel(connection: Connection, *, name: str, topic: str, for_all: bool, at: int) -> Channel:
    """Make a channel that nobody is in."""
    values = {"name": name, "topic": topic, "for_all": for_all, "last_seq": 0, "members": 0, "created_at": at}
    try:
        channel_id = connection.scalar(insert(channels).values(values).returning(channels.c.id))
    except IntegrityError as error:
        raise Conflict(f"name: #{name} exists already") from error
    return Channel(int(channel_id or 0), name, topic, last_seq=0, read_seq=0, member=False, members=0)


def join_channel(connection: Connection, account_id: int, channel_id: int, *, at: int) -> Channel:
    """Make the account a member, if it is not one."""
    _lock(connection, channel_id)
    if not _is_member(connection, account_id, channel_id):
        insert_member(connection, account_id, channel_id, at=at)
    return joined_channel(connection, account_id, channel_id)


def insert_member(connection: Connection, account_id: int, channel_id: int, *, at: int) -> None:
    """Make an account that is not in the channel a member that has read everything so far."""
    last_seq = connection.scalar(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(members=channels.c.members + 1)
        .returning(channels.c.last_seq)
    )
    values = {"account_id": account_id, "channel_id": channel_id, "read_seq": last_seq, "joined_at": at}
    connection.execute(insert(memberships).values(values))


def leave_channel(connection: Connection, account_id: int, channel_id: int) -> None:
    """End the membership, if there is one."""
    _lock(connection, channel_id)
    ended = connection.execute(delete(memberships).where(_membership(account_id, channel_id))).rowcount
    connection.execute(update(channels).where(channels.c.id == channel_id).values(members=channels.c.members - ended))


def mark_read(connection: Connection, account_id: int, channel_id: int, seq: int, *, back: bool) -> Channel:
    """Move the read position forward, or with `back` wherever it is to be, at most to the channel's end."""
    last_seq = select(channels.c.last_seq).where(channels.c.id == channel_id).scalar_subquery()
    wanted = case((last_seq < seq, last_seq), else_=seq)
    further = wanted if back else case((memberships.c.read_seq < wanted, wanted), else_=memberships.c.read_seq)
    moved = connection.execute(update(memberships).where(_membership(account_id, channel_id)).values(read_seq=further))
    if not moved.rowcount:
        raise no_channel(channel_id)
    return joined_channel(connection, account_id, channel_id)


def positions(connection: Connection, channel_ids: Collection[int]) -> dict[int, int]:
    """The last seq of each of these channels that exists, in one statement."""
    statement = select(channels.c.id, channels.c.last_seq)
    if len(channel_ids) <= _ALL_POSITIONS:
        statement = statement.where(channels.c.id.in_(channel_ids))
    wanted = set(channel_ids)
    return {row[0]: row[1] for row in connection.execute(statement) if row[0] in wanted}


def no_channel(channel_id: int) -> NotFound:
    """The answer for a channel that is not there, or not for this account."""
    return NotFound(f"There is no channel {channel_id}, or you are not in it")


def _lock(connection: Connection, channel_id: int) -> None:
    found = connection.scalar(select(channels.c.id).where(channels.c.id == channel_id).with_for_update())
    if found is None:
        raise no_channel(channel_id)


def _is_member(connection: Connection, account_id: int, channel_id: int) -> bool:
    return connection.scalar(select(memberships.c.account_id).where(_membership(account_id, channel_id))) is not None


def _membership(account_id: int, channel_id: int) -> Any:
    return and_(memberships.c.account_id == account_id, memberships.c.channel_id == channel_id)


def _channel_of(row: Sequence[Any]) -> Channel:
    return Channel(row[0], row[1], row[2], row[3], row[4], row[5] is not None, row[6], row[7], row[8])

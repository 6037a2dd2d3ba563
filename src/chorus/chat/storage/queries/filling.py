"""Writes for whoever fills a whole database: many rows at once, and nobody is asked whether they may."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from chorus.chat.storage.queries.members import lock
from chorus.chat.storage.schema import channels, files, memberships, metadata, server

_KEPT = (server, files)

_set_read = (
    update(memberships)
    .where(memberships.c.channel_id == bindparam("channel"), memberships.c.account_id == bindparam("account"))
    .values(read_seq=bindparam("seq"))
)


def erase(connection: Connection) -> None:
    """Take out everything. Files stay as such that nobody can have: whoever sweeps them takes their contents away."""
    connection.execute(update(server).values(owner_id=None, retention=0, swept_at=0))  # its `oldest_code` stays true
    connection.execute(update(files).values(seq=None, account_id=0, created_at=0))
    for table in reversed(metadata.sorted_tables):
        if table not in _KEPT:
            connection.execute(delete(table))


def add_members(connection: Connection, account_ids: Collection[int], channel_id: int, *, at: int) -> None:
    """Make those members who are none, under the channel's lock."""
    lock(connection, channel_id)
    known = connection.scalars(select(memberships.c.account_id).where(memberships.c.channel_id == channel_id))
    fresh = sorted(set(account_ids).difference(known))
    if not fresh:
        return
    end = connection.scalar(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(members=channels.c.members + len(fresh))
        .returning(channels.c.last_seq)
    )
    rows = [{"account_id": each, "channel_id": channel_id, "read_seq": end, "joined_at": at} for each in fresh]
    connection.execute(insert(memberships), rows)


def set_read(connection: Connection, channel_id: int, read: Mapping[int, int]) -> None:
    """Set how far these members have read."""
    rows = [{"channel": channel_id, "account": account, "seq": seq} for account, seq in read.items()]
    if rows:
        connection.execute(_set_read, rows)

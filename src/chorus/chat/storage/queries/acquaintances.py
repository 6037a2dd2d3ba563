"""Who shares a channel with whom."""

from collections.abc import Collection

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, or_, select

from chorus.chat.storage.schema import accounts, memberships

_AT_ONCE = 1000
"""Ids in one statement."""

_mine, _theirs = memberships.alias(), memberships.alias()
_inside = select(memberships.c.channel_id, memberships.c.account_id).where(
    memberships.c.channel_id.in_(bindparam("ids", expanding=True))
)


def acquainted(account_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """The condition that a row of accounts is this one, or shares a channel with it."""
    sharing = (
        select(_theirs.c.account_id)
        .select_from(_mine.join(_theirs, _mine.c.channel_id == _theirs.c.channel_id))
        .where(_mine.c.account_id == account_id)
    )
    return or_(accounts.c.id == account_id, accounts.c.id.in_(sharing))


def people_in(connection: Connection, channel_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """By channel: the accounts in it; none in a channel that is not there."""
    found: dict[int, set[int]] = {channel: set() for channel in channel_ids}
    ids = sorted(found)
    for begin in range(0, len(ids), _AT_ONCE):
        for channel, account in connection.execute(_inside, {"ids": ids[begin : begin + _AT_ONCE]}):
            found[channel].add(account)
    return {channel: frozenset(people) for channel, people in found.items()}

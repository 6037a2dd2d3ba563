"""Who is in which channel.

Whoever adds or takes out somebody locks the channel's row first (`lock`), as an append does: the count of its members
stays right, and no two transactions take locks in another order.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from chorus.chat.domain.errors import NotFound
from chorus.chat.storage.schema import channels, memberships


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


def delete_member(connection: Connection, account_id: int, channel_id: int) -> bool:
    """End a membership, if there is one, under the channel's lock."""
    ended = connection.execute(delete(memberships).where(membership(account_id, channel_id))).rowcount
    connection.execute(update(channels).where(channels.c.id == channel_id).values(members=channels.c.members - ended))
    return ended > 0


def members(connection: Connection, channel_id: int) -> Sequence[int]:
    """The accounts in the channel, by id."""
    inside = select(memberships.c.account_id).where(memberships.c.channel_id == channel_id)
    return connection.scalars(inside.order_by(memberships.c.account_id)).all()


def is_member(connection: Connection, account_id: int, channel_id: int) -> bool:
    """Whether the account is in the channel."""
    return connection.scalar(select(memberships.c.account_id).where(membership(account_id, channel_id))) is not None


def require_member(connection: Connection, account_id: int, channel_id: int) -> None:
    """Raise NotFound for an account that is not in the channel."""
    if not is_member(connection, account_id, channel_id):
        raise no_channel(channel_id)


def membership(account_id: Any, channel_id: Any) -> Any:
    """The condition that a row of memberships is this one; of ids, or of parameters for them."""
    return and_(memberships.c.account_id == account_id, memberships.c.channel_id == channel_id)


def lock(connection: Connection, channel_id: int) -> None:
    """Hold the channel's row until the transaction ends."""
    found = connection.scalar(select(channels.c.id).where(channels.c.id == channel_id).with_for_update())
    if found is None:
        raise no_channel(channel_id)


def no_channel(channel_id: int) -> NotFound:
    """The answer for a channel that is not there, or not for this account."""
    return NotFound(f"There is no channel {channel_id}, or you are not in it")


def no_account(account_id: int) -> NotFound:
    """The answer for an account that is not there, or is not in use."""
    return NotFound(f"There is no account {account_id}, or it is deactivated")

"""What one account wrote, wherever that was: for its export."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, select

from chorus.chat.domain.entries import Entry
from chorus.chat.storage.queries.entry_rows import COLUMNS, entry_of
from chorus.chat.storage.schema import entries

_channels = select(entries.c.channel_id).where(entries.c.sender_id == bindparam("sender")).distinct()
_own = (
    select(*COLUMNS)
    .where(
        entries.c.channel_id == bindparam("channel_id"),
        entries.c.sender_id == bindparam("sender"),
        entries.c.seq > bindparam("after"),
    )
    .order_by(entries.c.seq)
    .limit(bindparam("most"))
)


def channels_with_entries_of(connection: Connection, sender: int) -> Collection[int]:
    """The channels that the account wrote in."""
    return set(connection.scalars(_channels, {"sender": sender}))


def entries_of(connection: Connection, sender: int, channel_id: int, *, after: int, limit: int) -> Sequence[Entry]:
    """The account's entries of one channel that follow `after`."""
    wanted = {"sender": sender, "channel_id": channel_id, "after": after, "most": limit}
    return [entry_of(row) for row in connection.execute(_own, wanted)]

"""What an account keeps for itself beside the log: saved messages and drafts; and the pins of a channel."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from chorus.chat.domain.drafts import MOST_DRAFTS, Draft
from chorus.chat.domain.entries import Entry
from chorus.chat.domain.errors import Conflict
from chorus.chat.domain.moments import moment
from chorus.chat.storage.queries.accounts import lock_account
from chorus.chat.storage.queries.entries import message
from chorus.chat.storage.queries.entry_rows import COLUMNS, STATE, message_of
from chorus.chat.storage.queries.members import require_member
from chorus.chat.storage.schema import drafts, entries, memberships, message_states, pins, saved_messages

MOST_LISTED = 200
"""Pins of a channel, or saved messages of an account, in one answer: the newest."""

_of_entry = and_(message_states.c.channel_id == entries.c.channel_id, message_states.c.seq == entries.c.seq)
_pinned = (
    select(*COLUMNS, *STATE)
    .select_from(
        pins.join(entries, and_(entries.c.channel_id == pins.c.channel_id, entries.c.seq == pins.c.seq)).outerjoin(
            message_states, _of_entry
        )
    )
    .where(pins.c.channel_id == bindparam("channel_id"))
    .order_by(pins.c.pinned_seq.desc())
    .limit(MOST_LISTED)
)
_saved = (
    select(*COLUMNS, *STATE)
    .select_from(
        saved_messages.join(
            memberships,
            and_(
                memberships.c.account_id == saved_messages.c.account_id,
                memberships.c.channel_id == saved_messages.c.channel_id,
            ),
        )
        .join(
            entries,
            and_(entries.c.channel_id == saved_messages.c.channel_id, entries.c.seq == saved_messages.c.seq),
        )
        .outerjoin(message_states, _of_entry)
    )
    .where(saved_messages.c.account_id == bindparam("account_id"))
    .order_by(saved_messages.c.at.desc(), saved_messages.c.channel_id, saved_messages.c.seq.desc())
    .limit(MOST_LISTED)
)
_drafts = (
    select(drafts.c.channel_id, drafts.c.thread, drafts.c.text, drafts.c.at)
    .select_from(
        drafts.join(
            memberships,
            and_(memberships.c.account_id == drafts.c.account_id, memberships.c.channel_id == drafts.c.channel_id),
        )
    )
    .where(drafts.c.account_id == bindparam("account_id"))
    .order_by(drafts.c.at.desc())
    .limit(MOST_DRAFTS)
)


def list_pins(connection: Connection, account_id: int, channel_id: int) -> Sequence[Entry]:
    """The pinned messages, the last pinned first, for one who is in the channel."""
    require_member(connection, account_id, channel_id)
    return [message_of(row) for row in connection.execute(_pinned, {"channel_id": channel_id})]


def list_saved(connection: Connection, account_id: int) -> Sequence[Entry]:
    """The account's saved messages, the last saved first, of channels that it is in."""
    return [message_of(row) for row in connection.execute(_saved, {"account_id": account_id})]


def save_message(connection: Connection, account_id: int, channel_id: int, seq: int, *, at: int) -> None:
    """Keep a message that the account may read; again changes nothing.

    Raises:
        Conflict: the account has MOST_LISTED already: one more would hide the oldest.
    """
    lock_account(connection, account_id)
    message(connection, account_id, channel_id, seq)
    values = {"account_id": account_id, "channel_id": channel_id, "seq": seq}
    known = select(saved_messages.c.at).filter_by(**values)
    if connection.scalar(known) is None:
        mine = select(func.count()).select_from(saved_messages).filter_by(account_id=account_id)
        if connection.execute(mine).scalar_one() >= MOST_LISTED:
            raise Conflict(f"There are {MOST_LISTED} saved messages, which is the most; take one out first")
        connection.execute(insert(saved_messages).values(**values, at=at))


def unsave_message(connection: Connection, account_id: int, channel_id: int, seq: int) -> None:
    """Keep it no more; not having kept it is fine."""
    values = {"account_id": account_id, "channel_id": channel_id, "seq": seq}
    connection.execute(delete(saved_messages).filter_by(**values))


def list_drafts(connection: Connection, account_id: int) -> Sequence[Draft]:
    """The account's drafts, the last written first, in channels that it is in."""
    rows: Sequence[Any] = connection.execute(_drafts, {"account_id": account_id}).all()
    return [Draft(row[0], row[1], row[2], moment(row[3])) for row in rows]


def keep_draft(connection: Connection, account_id: int, channel_id: int, thread: int, text: str, *, at: int) -> None:
    """Keep a draft in place of the one before; an empty one is none."""
    lock_account(connection, account_id)
    require_member(connection, account_id, channel_id)
    place = and_(drafts.c.account_id == account_id, drafts.c.channel_id == channel_id, drafts.c.thread == thread)
    if not text:
        connection.execute(delete(drafts).where(place))
        return
    if connection.execute(update(drafts).where(place).values(text=text, at=at)).rowcount:
        return
    values = {"account_id": account_id, "channel_id": channel_id, "thread": thread, "text": text, "at": at}
    connection.execute(insert(drafts).values(values))
    newest = (
        select(drafts.c.at).where(drafts.c.account_id == account_id).order_by(drafts.c.at.desc()).offset(MOST_DRAFTS)
    ).limit(1)
    oldest_kept = connection.scalar(newest)
    if oldest_kept is not None:
        connection.execute(delete(drafts).where(drafts.c.account_id == account_id, drafts.c.at <= oldest_kept))

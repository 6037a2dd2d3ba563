"""Direct messages and groups: channels that are their people."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from chorus.chat.domain.conversations import conversation_name, kind_of
from chorus.chat.domain.errors import Conflict
from chorus.chat.storage.contract import ConversationOpened
from chorus.chat.storage.queries.channels import insert_channel, joined_channel
from chorus.chat.storage.queries.members import insert_member, no_account
from chorus.chat.storage.schema import accounts, channels


def open_conversation(connection: Connection, by: int, people: Collection[int], *, at: int) -> ConversationOpened:
    """Find the conversation of these people, or make it; of two that make it at once, one does and one finds it."""
    name = conversation_name(people)
    known = connection.scalar(select(channels.c.id).where(channels.c.name == name))
    if known is not None:
        return ConversationOpened(joined_channel(connection, by, known), made=False)

    in_use = select(accounts.c.id).where(accounts.c.id.in_(people), accounts.c.deactivated_at.is_(None))
    missing = set(people) - set(connection.scalars(in_use))
    if missing:
        raise no_account(min(missing))
    try:
        with connection.begin_nested():  # the transaction goes on when somebody else was faster
            channel_id = insert_channel(connection, name=name, kind=kind_of(people), creator=by, at=at)
            for account_id in sorted(people):
                insert_member(connection, account_id, channel_id, at=at)
    except Conflict:
        theirs = connection.execute(select(channels.c.id).where(channels.c.name == name)).scalar_one()
        return ConversationOpened(joined_channel(connection, by, theirs), made=False)
    return ConversationOpened(joined_channel(connection, by, channel_id), made=True)

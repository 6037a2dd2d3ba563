"""Incoming webhooks: one row each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from chorus.chat.domain.channels import Channel
from chorus.chat.domain.errors import Conflict
from chorus.chat.domain.incoming import MOST_INCOMING, IncomingWebhook
from chorus.chat.storage.contract.integrations import KnownWebhook
from chorus.chat.storage.queries import accounts as account_queries
from chorus.chat.storage.queries.bots import lock_integrations, require_bot
from chorus.chat.storage.queries.channels import add_member
from chorus.chat.storage.schema import accounts, incoming_webhooks, server
from chorus.chat.storage.schema_version import require_code

_columns = (
    incoming_webhooks.c.id,
    incoming_webhooks.c.account_id,
    incoming_webhooks.c.channel_id,
    incoming_webhooks.c.name,
    incoming_webhooks.c.creator_id,
    incoming_webhooks.c.created_at,
)
_known = (
    select(
        *account_queries.COLUMNS,
        incoming_webhooks.c.secret_hash,
        select(server.c.oldest_code).scalar_subquery(),  # here, because every post comes by
        *_columns,
    )
    .join_from(incoming_webhooks, accounts, incoming_webhooks.c.account_id == accounts.c.id)
    .where(incoming_webhooks.c.id == bindparam("webhook_id"), accounts.c.deactivated_at.is_(None))
)
_ACCOUNT = len(account_queries.COLUMNS)


def create_incoming(connection: Connection, webhook: IncomingWebhook, secret_hash: bytes) -> Channel:
    """Keep a webhook, and have its maker add the bot to its channel; gives the channel as its maker sees it."""
    lock_integrations(connection)
    channel = add_member(connection, webhook.creator, webhook.bot, webhook.channel, at=webhook.created_at)
    require_bot(connection, webhook.bot)
    if connection.execute(select(func.count()).select_from(incoming_webhooks)).scalar_one() >= MOST_INCOMING:
        raise Conflict(f"There are {MOST_INCOMING} incoming webhooks, which is the most; take one away first")
    connection.execute(
        insert(incoming_webhooks).values(
            id=webhook.id,
            account_id=webhook.bot,
            channel_id=webhook.channel,
            name=webhook.name,
            secret_hash=secret_hash,
            creator_id=webhook.creator,
            created_at=webhook.created_at,
        )
    )
    return channel


def list_incoming(connection: Connection) -> Sequence[IncomingWebhook]:
    """All, the oldest first."""
    rows = connection.execute(select(*_columns).order_by(incoming_webhooks.c.created_at, incoming_webhooks.c.id))
    return [_webhook_of(row) for row in rows]


def find_incoming(connection: Connection, webhook_id: str) -> KnownWebhook | None:
    """One whose bot is in use.

    Raises:
        Outdated: a newer version keeps this one away.
    """
    row = connection.execute(_known, {"webhook_id": webhook_id}).first()
    if row is None:
        return None
    require_code(row[_ACCOUNT + 1])
    return KnownWebhook(_webhook_of(row[_ACCOUNT + 2 :]), account_queries.account_of(row), row[_ACCOUNT])


def delete_incoming(connection: Connection, webhook_id: str) -> bool:
    """Forget one; says whether there was one."""
    return connection.execute(delete(incoming_webhooks).where(incoming_webhooks.c.id == webhook_id)).rowcount > 0


def _webhook_of(row: Sequence[Any]) -> IncomingWebhook:
    return IncomingWebhook(*row)

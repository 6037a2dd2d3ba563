"""Outgoing webhooks, and the deliveries that wait.

What is said gets to a webhook as it gets into the search index: by following the logs. `webhook_positions` says how far
a channel's log was looked through; its row is the lock under which one instance does it. So a send costs nothing more,
and what was acknowledged is told, whatever was killed. A delivery that is under way is due again a while later: when
its instance is killed, another one takes it.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, or_, select, text, true, update

from chorus.chat.domain.accounts import Role
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.entries import EntryKind
from chorus.chat.domain.errors import Conflict, NotFound
from chorus.chat.domain.outgoing import FURTHEST, MOST_OUTGOING, MOST_WAITING, OutgoingWebhook, word_of
from chorus.chat.storage.contract.integrations import Delivery, DeliveryKey
from chorus.chat.storage.queries import accounts as account_queries
from chorus.chat.storage.queries.bots import lock_integrations, require_bot
from chorus.chat.storage.queries.channels import add_member, joined_channel
from chorus.chat.storage.queries.entries import message
from chorus.chat.storage.schema import (
    accounts,
    channels,
    entries,
    memberships,
    outgoing_webhooks,
    webhook_deliveries,
    webhook_positions,
)
from chorus.chat.storage.schema_version import require_current

LINES = 500
"""Of a channel's log, in one transaction."""

LOOKED_BACK = 200
"""Lines of a channel whose log was never looked through: those since the webhook heard it are among them."""

_MOST_CHANNELS = 20
"""In one transaction."""

_columns = (
    outgoing_webhooks.c.id,
    outgoing_webhooks.c.account_id,
    outgoing_webhooks.c.channel_id,
    outgoing_webhooks.c.name,
    outgoing_webhooks.c.url,
    outgoing_webhooks.c.words,
    outgoing_webhooks.c.creator_id,
    outgoing_webhooks.c.created_at,
    outgoing_webhooks.c.failed_at,
    outgoing_webhooks.c.trouble,
    outgoing_webhooks.c.dropped,
)
_any = select(outgoing_webhooks.c.id).limit(1)
_heard = outgoing_webhooks.join(
    memberships,
    (memberships.c.account_id == outgoing_webhooks.c.account_id)
    & or_(outgoing_webhooks.c.channel_id.is_(None), outgoing_webhooks.c.channel_id == memberships.c.channel_id),
)
_behind = (
    select(channels.c.id, channels.c.last_seq)
    .select_from(
        _heard.join(channels, channels.c.id == memberships.c.channel_id).outerjoin(
            webhook_positions, webhook_positions.c.channel_id == channels.c.id
        )
    )
    .where(channels.c.last_seq > func.coalesce(webhook_positions.c.seq, -1))
    .distinct()
    .order_by(channels.c.id)
    .limit(_MOST_CHANNELS)
)
_make_position = text(
    "INSERT INTO webhook_positions (channel_id, seq) VALUES (:channel_id, :seq) ON CONFLICT DO NOTHING"
)
"""As both databases have it. SQLAlchemy writes it by either's dialect, and each is megabytes in a process."""

_position = (
    select(webhook_positions.c.seq)
    .where(webhook_positions.c.channel_id == bindparam("channel_id"))
    .with_for_update(skip_locked=True)
)
_lines = (
    select(entries.c.seq, entries.c.kind, entries.c.at, entries.c.text, entries.c.files, accounts.c.role)
    .join_from(entries, accounts, accounts.c.id == entries.c.sender_id)
    .where(entries.c.channel_id == bindparam("channel_id"), entries.c.seq > bindparam("after"))
    .order_by(entries.c.seq)
    .limit(LINES)
)
_listeners = (
    select(outgoing_webhooks.c.id, outgoing_webhooks.c.words, outgoing_webhooks.c.created_at, memberships.c.joined_at)
    .select_from(_heard.join(accounts, accounts.c.id == outgoing_webhooks.c.account_id))
    .where(memberships.c.channel_id == bindparam("channel_id"), accounts.c.deactivated_at.is_(None))
)
_words = msgspec.json.Decoder(tuple[str, ...])


def create_outgoing(connection: Connection, webhook: OutgoingWebhook, secret: str) -> Channel | None:
    """Keep a webhook, and have its maker add the bot to its channel, if it has one; gives that as its maker sees it."""
    lock_integrations(connection)
    channel = None
    if webhook.channel is not None:
        channel = add_member(connection, webhook.creator, webhook.bot, webhook.channel, at=webhook.created_at)
    require_bot(connection, webhook.bot)
    if connection.execute(select(func.count()).select_from(outgoing_webhooks)).scalar_one() >= MOST_OUTGOING:
        raise Conflict(f"There are {MOST_OUTGOING} outgoing webhooks, which is the most; take one away first")
    connection.execute(
        insert(outgoing_webhooks).values(
            id=webhook.id,
            account_id=webhook.bot,
            channel_id=webhook.channel,
            name=webhook.name,
            url=webhook.url,
            words=msgspec.json.encode(webhook.words).decode(),
            secret=secret,
            creator_id=webhook.creator,
            created_at=webhook.created_at,
            trouble="",
            dropped=0,
        )
    )
    return channel


def list_outgoing(connection: Connection) -> Sequence[OutgoingWebhook]:
    """All, the oldest first."""
    rows = connection.execute(select(*_columns).order_by(outgoing_webhooks.c.created_at, outgoing_webhooks.c.id))
    return [_webhook_of(row) for row in rows]


def has_outgoing(connection: Connection) -> bool:
    """Whether there is one."""
    return connection.execute(_any).first() is not None


def delete_outgoing(connection: Connection, webhook_id: str) -> bool:
    """Forget one, and what waits for it; says whether there was one."""
    return connection.execute(delete(outgoing_webhooks).where(outgoing_webhooks.c.id == webhook_id)).rowcount > 0


def is_behind(connection: Connection) -> bool:
    """Whether some channel's log has lines that were not looked at."""
    return connection.execute(_behind).first() is not None


def take_in(connection: Connection) -> int:
    """Look at the next lines of logs, and keep what is to be told; in how many channels that was."""
    require_current(connection)
    behind = connection.execute(_behind).all()
    return sum(_take_in(connection, channel_id, last_seq) for channel_id, last_seq in behind)


def _take_in(connection: Connection, channel_id: int, last_seq: int) -> bool:
    """Go on in one channel; False where another instance is at it."""
    connection.execute(_make_position, {"channel_id": channel_id, "seq": max(0, last_seq - LOOKED_BACK)})
    position = connection.scalar(_position, {"channel_id": channel_id})
    if position is None:
        return False
    lines: Sequence[Any] = connection.execute(_lines, {"channel_id": channel_id, "after": position}).all()
    if lines:
        _keep_for_listeners(connection, channel_id, lines)
    reached = lines[-1].seq if lines else last_seq  # no lines: they became older than messages are kept
    of = webhook_positions.c
    moved = update(webhook_positions).where(of.channel_id == channel_id, of.seq < reached)
    connection.execute(moved.values(seq=reached))
    return True


def _keep_for_listeners(connection: Connection, channel_id: int, lines: Sequence[Any]) -> None:
    for listener in connection.execute(_listeners, {"channel_id": channel_id}).all():
        _keep(connection, channel_id, listener, lines)


def _keep(connection: Connection, channel_id: int, listener: Any, lines: Sequence[Any]) -> None:
    """Keep what one webhook is to be told of these lines: what people posted since it hears the channel."""
    words, since = _words.decode(listener.words), max(listener.created_at, listener.joined_at)
    told = [
        {"webhook_id": listener.id, "channel_id": channel_id, "seq": line.seq, "word": word, "attempts": 0, "due_at": 0}
        for line in lines
        if line.kind == EntryKind.POSTED and line.role != Role.BOT and line.at >= since and (line.text or line.files)
        if (word := word_of(line.text, words)) is not None
    ]
    if not told:
        return
    waiting = select(func.count()).select_from(webhook_deliveries).where(webhook_deliveries.c.webhook_id == listener.id)
    room = max(0, MOST_WAITING - connection.execute(waiting).scalar_one())
    if told[:room]:
        connection.execute(insert(webhook_deliveries), told[:room])
    if told[room:]:
        count_dropped(connection, listener.id, len(told[room:]))


def next_due(connection: Connection, *, at: int, exclude: Collection[str] = ()) -> int | None:
    """When the next delivery, but of these webhooks, is due."""
    first, last = (
        select(each(webhook_deliveries.c.due_at)).where(_none_of(exclude)).scalar_subquery()
        for each in (func.min, func.max)
    )
    nearest, furthest = connection.execute(select(first, last)).one()
    return at if furthest is not None and furthest > at + FURTHEST else nearest


def claim(
    connection: Connection, *, at: int, until: int, limit: int, exclude: Collection[str] = ()
) -> Sequence[Delivery]:
    """Take deliveries that are due; until `until` nobody else takes them. What is not to be told any more goes."""
    require_current(connection)
    of = webhook_deliveries.c
    waiting = select(of.webhook_id, of.channel_id, of.seq, of.word, of.attempts).where(_none_of(exclude))
    rows: list[Any] = []
    for due in (of.due_at <= at, of.due_at > at + FURTHEST):  # each a stretch of the index, and what is between is not
        some = waiting.where(due).order_by(of.due_at).limit(limit - len(rows))
        rows += connection.execute(some.with_for_update(skip_locked=True)).all()
    claimed: list[Delivery] = []
    for webhook_id, channel_id, seq, word, attempts in rows:
        key = DeliveryKey(webhook_id, channel_id, seq)
        delivery = _delivery(connection, key, word, attempts + 1)
        if delivery is None:
            forget(connection, key)
            continue
        connection.execute(
            update(webhook_deliveries).where(_is(key)).values(due_at=until, attempts=webhook_deliveries.c.attempts + 1)
        )
        claimed.append(delivery)
    return claimed


def _none_of(webhooks: Collection[str]) -> ColumnElement[bool]:
    return webhook_deliveries.c.webhook_id.not_in(webhooks) if webhooks else true()


def _delivery(connection: Connection, key: DeliveryKey, word: str, attempt: int) -> Delivery | None:
    """All that is to be told; None when the message is deleted, or the bot deactivated or out of its channel."""
    found = connection.execute(
        select(*_columns, outgoing_webhooks.c.secret).where(outgoing_webhooks.c.id == key.webhook)
    ).first()
    if found is None:
        return None
    webhook = _webhook_of(found)
    bot = account_queries.find_account(connection, webhook.bot)
    if bot.deactivated:
        return None
    try:
        entry, _ = message(connection, webhook.bot, key.channel, key.seq)
        channel = joined_channel(connection, webhook.bot, key.channel)
    except NotFound:
        return None
    if entry.deleted:
        return None
    sender = account_queries.find_account(connection, entry.sender)
    return Delivery(key, webhook, found[len(_columns)], bot, channel, sender, entry, word, attempt)


def delivered(connection: Connection, key: DeliveryKey) -> None:
    """It was taken: nothing waits, and nothing is wrong with the webhook."""
    forget(connection, key)
    well = update(outgoing_webhooks).where(outgoing_webhooks.c.id == key.webhook, outgoing_webhooks.c.trouble != "")
    connection.execute(well.values(failed_at=None, trouble=""))


def put_off(connection: Connection, key: DeliveryKey, *, due_at: int | None, at: int, trouble: str) -> None:
    """It was not taken: try again then, or for None not at all."""
    ill = update(outgoing_webhooks).where(outgoing_webhooks.c.id == key.webhook)
    connection.execute(ill.values(failed_at=at, trouble=trouble[:200]))
    if due_at is not None:
        connection.execute(update(webhook_deliveries).where(_is(key)).values(due_at=due_at))
        return
    forget(connection, key)
    count_dropped(connection, key.webhook, 1)


def forget(connection: Connection, key: DeliveryKey) -> None:
    """Have it wait no more."""
    connection.execute(delete(webhook_deliveries).where(_is(key)))


def count_dropped(connection: Connection, webhook_id: str, number: int) -> None:
    """So many messages are not told."""
    counted = update(outgoing_webhooks).where(outgoing_webhooks.c.id == webhook_id)
    connection.execute(counted.values(dropped=outgoing_webhooks.c.dropped + number))


def _is(key: DeliveryKey) -> Any:
    of = webhook_deliveries.c
    return (of.webhook_id == key.webhook) & (of.channel_id == key.channel) & (of.seq == key.seq)


def _webhook_of(row: Sequence[Any]) -> OutgoingWebhook:
    head, tail = row[:5], row[6 : len(_columns)]
    return OutgoingWebhook(*head, _words.decode(row[5]), *tail)  # pyright: ignore[reportCallIssue]

"""Outgoing webhooks: made, listed, taken away."""

import secrets
from collections.abc import Sequence

import msgspec

from chorus.chat.actions.audit import recorded
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.members import announce_added, check_open
from chorus.chat.calling.addresses import target_of
from chorus.chat.calling.signing import secret_of
from chorus.chat.domain.accounts import Account, check_name
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.outgoing import OutgoingWebhook, check_words
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.sessions import Origin

_NOWHERE = Origin()


class OutgoingMade(msgspec.Struct, frozen=True):
    """A new webhook with the secret that its calls are signed with, told once."""

    webhook: OutgoingWebhook
    secret: str


async def create(
    chat: Chat,
    *,
    by: Account,
    bot: int,
    name: str,
    url: str,
    channel: int | None = None,
    words: Sequence[str] = (),
    origin: Origin = _NOWHERE,
) -> OutgoingMade:
    """Have `url` called for each message that people post from now on and that begins with one of the words.

    With a `channel`, of one's own, in that one, to which the bot is added; otherwise wherever the bot is, and then with
    words.

    Raises:
        Invalid, TooLarge: name, URL or words break a rule.
        NotFound: there is no such bot in use, or no such channel of one's own.
        Conflict: there are as many as there may be.
        Forbidden: the role may not; or the channel is archived, or direct messages.
        DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    name, words = check_name(name), check_words(words, everywhere=channel is None)
    target = target_of(url)
    if channel is not None:
        await check_open(chat, by=by, channel=channel)
    webhook = OutgoingWebhook(secrets.token_urlsafe(16), bot, channel, name, url, words, by.id, chat.now())
    secret = secret_of(secrets.token_bytes(32))

    details = {"webhook": webhook.id, "kind": "outgoing", "name": name, "host": target.authority}
    record = recorded(
        chat, AuditAct.WEBHOOK_CREATED, by=by, origin=origin, account=bot, channel=channel or 0, details=details
    )
    joined = await chat.store.integrations.create_outgoing(webhook, secret=secret, audit=[record])

    if joined is not None:
        announce_added(chat, account=bot, channel=joined)
    return OutgoingMade(webhook, secret)


async def list_outgoing(chat: Chat, *, by: Account) -> Sequence[OutgoingWebhook]:
    """All outgoing webhooks, the oldest first, with what is wrong with them.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    return await chat.store.integrations.outgoing()


async def delete(chat: Chat, *, by: Account, webhook: str, origin: Origin = _NOWHERE) -> None:
    """Have nothing told to it any more, not even what waits.

    Raises:
        NotFound: there is none.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    details = {"webhook": webhook, "kind": "outgoing"}
    record = recorded(chat, AuditAct.WEBHOOK_REMOVED, by=by, origin=origin, details=details)
    if not await chat.store.integrations.delete_outgoing(webhook, audit=[record]):
        raise NotFound("There is no such webhook")

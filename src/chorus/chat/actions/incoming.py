"""Incoming webhooks: made, listed, taken away, and what is posted to one.

An address ends with "<id>.<secret>"; of the secret, 256 random bits, the SHA-256 alone is stored.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from uuid import UUID, uuid4, uuid5

import msgspec

from chorus.chat.access.paths import API
from chorus.chat.actions import limits, messages
from chorus.chat.actions.audit import recorded
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.members import announce_added, check_open
from chorus.chat.domain.accounts import Account, check_name
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.errors import Forbidden, Invalid, NotFound, TooLarge
from chorus.chat.domain.incoming import IncomingWebhook, shortened
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.sessions import Origin
from chorus.chat.slack.payload import Refused, read, text_of

_NOWHERE = Origin()
_TOKEN = re.compile(r"(?P<id>[\w-]{22})\.(?P<secret>[\w-]{43})", re.ASCII)
_SHORT = 4000
"""Bytes of a body that are read at once; a longer one takes up to 5 µs a byte."""

_REPEATS = UUID("b6f4f7a0-5d0c-4d2b-9c39-0d6a1f1c7e55")
"""The namespace of client ids that are made of what the poster calls a post."""


class IncomingMade(msgspec.Struct, frozen=True):
    """A new webhook with its secret address, told once."""

    webhook: IncomingWebhook
    path: str
    """To be added to the chat's address."""


async def create(
    chat: Chat, *, by: Account, bot: int, channel: int, name: str, origin: Origin = _NOWHERE
) -> IncomingMade:
    """Make a secret address for what `bot` is to say in a channel one is in; the bot is added to it.

    Raises:
        Invalid, TooLarge: the name breaks a rule.
        NotFound: there is no such bot in use, or no such channel of one's own.
        Conflict: there are as many as there may be.
        Forbidden: the role may not; or it is archived, or direct messages.
        DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    webhook = IncomingWebhook(secrets.token_urlsafe(16), bot, channel, check_name(name), by.id, chat.now())
    await check_open(chat, by=by, channel=channel)
    secret = secrets.token_urlsafe(32)

    details = {"webhook": webhook.id, "kind": "incoming", "name": webhook.name}
    record = recorded(
        chat, AuditAct.WEBHOOK_CREATED, by=by, origin=origin, account=bot, channel=channel, details=details
    )
    joined = await chat.store.integrations.create_incoming(webhook, secret_hash=_hash(secret), audit=[record])

    announce_added(chat, account=bot, channel=joined)
    return IncomingMade(webhook, f"{API}/hooks/{webhook.id}.{secret}")


async def list_incoming(chat: Chat, *, by: Account) -> Sequence[IncomingWebhook]:
    """All incoming webhooks, the oldest first.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    return await chat.store.integrations.incoming()


async def delete(chat: Chat, *, by: Account, webhook: str, origin: Origin = _NOWHERE) -> None:
    """Have nobody post to it any more.

    Raises:
        NotFound: there is none.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    details = {"webhook": webhook, "kind": "incoming"}
    record = recorded(chat, AuditAct.WEBHOOK_REMOVED, by=by, origin=origin, details=details)
    if not await chat.store.integrations.delete_incoming(webhook, audit=[record]):
        raise NotFound("There is no such webhook")


async def post(chat: Chat, *, token: str, content_type: str, body: bytes, repeat: str | None = None) -> None:
    """Say in the webhook's channel what was posted to it.

    Args:
        chat: what the actions work with.
        token: the end of its address.
        content_type: of the body, which is Slack's payload: JSON, or a form.
        body: the body.
        repeat: what the poster calls this post; the same again stores nothing.

    Raises:
        Refused: with Slack's word for what is wrong.
        TooMany: too much by this webhook.
        Unavailable: not known to be stored; post it again.
    """
    form = _TOKEN.fullmatch(token)
    known = await chat.store.integrations.find_incoming(form["id"]) if form else None
    if form is None or known is None or not hmac.compare_digest(known.secret_hash, _hash(form["secret"])):
        raise Refused("no_service", 404)
    await limits.post_incoming(chat, webhook=known.webhook.id)
    text = await _text(chat, known.bot, content_type, body)
    client_id = uuid4() if repeat is None else uuid5(_REPEATS, f"{known.webhook.id} {repeat}")
    try:
        await messages.send(chat, by=known.bot, channel=known.webhook.channel, client_id=client_id, text=text)
    except NotFound:
        raise Refused("channel_not_found", 404) from None
    except Forbidden:  # a bot may send: it is archived
        raise Refused("channel_is_archived", 410) from None
    except (Invalid, TooLarge):
        raise Refused("invalid_payload") from None


async def _text(chat: Chat, bot: Account, content_type: str, body: bytes) -> str:
    def read_it() -> str:
        return shortened(text_of(read(content_type, body)))

    return read_it() if len(body) <= _SHORT else await chat.composer.beside(bot.id, read_it)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()

"""Bots and their tokens: made, listed, revoked; and the bot that shows one.

A token is "chorus-bot-<id>.<secret>". The secret is 256 random bits, of which only the SHA-256 is stored: it is told
once. What begins so and is found somewhere it should not be is known for what it is.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence

import msgspec

from chorus.chat.actions import limits
from chorus.chat.actions.audit import recorded
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account, check_handle, check_name
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.bots import Bot, BotToken, check_scopes
from chorus.chat.domain.errors import NotFound, Unauthenticated
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.scopes import Scope
from chorus.chat.domain.sessions import Origin, Session

PREFIX = "chorus-bot-"

_NOWHERE = Origin()
_NOT_OURS = "The bot's token is not ours, or it was revoked"
_TOKEN = re.compile(rf"{PREFIX}(?P<id>[\w-]{{22}})\.(?P<secret>[\w-]{{43}})", re.ASCII)


class TokenMade(msgspec.Struct, frozen=True):
    """A new token, told once."""

    token: BotToken
    secret: str
    """For `Authorization: Bearer`, and for `auth.token` of a live connection."""


async def create(chat: Chat, *, by: Account, handle: str, name: str, origin: Origin = _NOWHERE) -> Bot:
    """Make a bot; it is in no channel until somebody adds it.

    Raises:
        Invalid, TooLarge: handle or name break a rule.
        Conflict: the handle is taken, or there are as many bots as there may be.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    handle, name = check_handle(handle), check_name(name)

    record = recorded(chat, AuditAct.BOT_CREATED, by=by, origin=origin, details={"handle": handle, "name": name})
    account = await chat.store.integrations.create_bot(handle=handle, name=name, at=chat.now(), audit=[record])

    chat.announcer.announce_account(account)
    return Bot(account, ())


async def list_bots(chat: Chat, *, by: Account) -> Sequence[Bot]:
    """All bots with what is known of their tokens, by id.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    return await chat.store.integrations.bots()


async def create_token(
    chat: Chat, *, by: Account, bot: int, name: str, scopes: Iterable[Scope], origin: Origin = _NOWHERE
) -> TokenMade:
    """Make a token for a bot.

    Raises:
        Invalid, TooLarge: the name breaks a rule, or there is no scope.
        NotFound: there is no such bot in use.
        Conflict: it has as many tokens as it may have.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    token = BotToken(secrets.token_urlsafe(16), bot, check_name(name), check_scopes(scopes), chat.now())
    secret = secrets.token_urlsafe(32)

    details = {"token": token.id, "name": token.name, "scopes": " ".join(token.scopes)}
    record = recorded(chat, AuditAct.TOKEN_CREATED, by=by, origin=origin, account=bot, details=details)
    await chat.store.integrations.create_token(token, secret_hash=_hash(secret), audit=[record])

    return TokenMade(token, f"{PREFIX}{token.id}.{secret}")


async def revoke_token(chat: Chat, *, by: Account, bot: int, token: str, origin: Origin = _NOWHERE) -> None:
    """End a token, and the live connections that showed it, on every instance.

    Raises:
        NotFound: the bot has no such token.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    record = recorded(chat, AuditAct.TOKEN_REVOKED, by=by, origin=origin, account=bot, details={"token": token})
    if not await chat.store.integrations.end_token(bot, token, audit=[record]):
        raise NotFound("There is no such token, or it is revoked already")

    chat.announcer.end_session(token)


async def authenticate(chat: Chat, *, token: str, address: str) -> Session:
    """Say which bot shows this token, from this address.

    Raises:
        Unauthenticated: not ours, revoked, or the bot is deactivated.
        TooMany: this instance has not seen it be good, and too many from the address were nobody's.
        DatabaseUnavailable: try again.
    """
    form = _TOKEN.fullmatch(token)
    if form is None:
        raise Unauthenticated(_NOT_OURS)
    digest = _hash(token)
    if digest not in chat.proven:
        async with limits.token_attempt(chat, address=address):
            session = await _bot_with(chat, form["id"], form["secret"])
        chat.proven.add(digest)
        return session
    try:
        return await _bot_with(chat, form["id"], form["secret"])
    except Unauthenticated:
        chat.proven.forget(digest)
        raise


async def _bot_with(chat: Chat, token_id: str, secret: str) -> Session:
    found = await chat.store.integrations.token(token_id)
    if found is None or not hmac.compare_digest(found.secret_hash, _hash(secret)):
        raise Unauthenticated(_NOT_OURS)
    return found.session


def _hash(secret: str) -> bytes:
    """As the store holds it; a secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()

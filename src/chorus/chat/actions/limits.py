"""Whether somebody may go on, or has asked too often."""

import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account, handle_key
from chorus.chat.domain.errors import TooMany, Unavailable
from chorus.chat.domain.limits import (
    CHANNELS,
    EXPORTS,
    FAILED_BY_ACCOUNT,
    FAILED_BY_ADDRESS,
    FAILED_TOKENS,
    INCOMING,
    Limit,
    Verdict,
    neighbourhood,
    requests,
)


@asynccontextmanager
async def sign_in_attempt(chat: Chat, *, handle: str, address: str) -> AsyncGenerator[None]:
    """Count an attempt to sign in by account and by address; one that does not fail is given back.

    It is counted before the password is looked at, so that many at once are not all let through.

    Raises:
        TooMany: too many have failed, for this handle or from this address.
    """
    keys = (FAILED_BY_ACCOUNT, handle_key(handle)), (FAILED_BY_ADDRESS, neighbourhood(address))
    async with _attempt(chat, "sign-ins have failed", keys):
        yield


@asynccontextmanager
async def token_attempt(chat: Chat, *, address: str) -> AsyncGenerator[None]:
    """Count a bot's token that may be anybody's, before it is looked for; one that is good is given back.

    Raises:
        TooMany: too many were nobody's, from this address.
    """
    async with _attempt(chat, "tokens that are nobody's", [(FAILED_TOKENS, neighbourhood(address))]):
        yield


async def request(chat: Chat, *, by: Account | str) -> Verdict | None:
    """Count a request by an account or, where nobody is signed in, by an address; None where there is no limit.

    `refuse` says whether it may go on.
    """
    if not chat.settings.rate_limit:
        return None
    if isinstance(by, str):
        return await chat.limiter.take(
            requests(max(1, chat.settings.rate_limit // 2), signed_in=False), neighbourhood(by)
        )
    return await chat.limiter.take(requests(chat.settings.rate_limit, signed_in=True), str(by.id))


async def post_incoming(chat: Chat, *, webhook: str) -> None:
    """Count what is posted to an incoming webhook.

    Raises:
        TooMany: it is too much.
    """
    verdict = await chat.limiter.take(INCOMING, webhook)
    if not verdict.allowed:
        raise _too_many("messages by this webhook", verdict)


@asynccontextmanager
async def export(chat: Chat, *, by: Account, counts: bool = True) -> AsyncGenerator[None]:
    """Count an export that is begun within; one that does not begin, or does not count, is given back.

    Raises:
        TooMany: the account began too many.
    """
    async with _counted(chat, EXPORTS, "exports", by, counts=counts):
        yield


@asynccontextmanager
async def new_channel(chat: Chat, *, by: Account) -> AsyncGenerator[None]:
    """Count a channel that is made within; one that is not made is given back.

    Raises:
        TooMany: the account made too many.
    """
    async with _counted(chat, CHANNELS, "new channels", by):
        yield


def refuse(verdict: Verdict) -> None:
    """Do nothing for a request that is allowed.

    Raises:
        TooMany: it is not.
    """
    if not verdict.allowed:
        raise _too_many("requests", verdict)


@asynccontextmanager
async def _attempt(chat: Chat, what: str, keys: Sequence[tuple[Limit, str]]) -> AsyncGenerator[None]:
    """Count what may fail; what does not is given back."""
    taken: list[tuple[Limit, str]] = []
    try:
        for limit, key in keys:
            verdict = await chat.limiter.take(limit, key)
            if not verdict.allowed:
                raise _too_many(what, verdict)
            taken.append((limit, key))
        yield
    except (TooMany, Unavailable):  # nothing was found wrong
        await _give_back(chat, taken)
        raise
    else:
        await _give_back(chat, taken)


@asynccontextmanager
async def _counted(chat: Chat, limit: Limit, what: str, by: Account, *, counts: bool = True) -> AsyncGenerator[None]:
    """Count what is done within; what does not succeed, or does not count, is given back."""
    key = str(by.id)
    if not chat.settings.rate_limit:
        yield
        return
    verdict = await chat.limiter.take(limit, key)
    if not verdict.allowed:
        raise _too_many(what, verdict)
    done = False
    try:
        yield
        done = True
    finally:
        if not (done and counts):
            await chat.limiter.give_back(limit, key)


async def _give_back(chat: Chat, taken: Sequence[tuple[Limit, str]]) -> None:
    for limit, key in taken:
        await chat.limiter.give_back(limit, key)


def _too_many(what: str, verdict: Verdict) -> TooMany:
    seconds = math.ceil(verdict.retry_after)
    return TooMany(f"Too many {what}; try again in {seconds} s", retry_after=verdict.retry_after)

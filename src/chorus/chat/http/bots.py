"""`/bots`: programs with an account, and the tokens by which they speak; for owners and admins."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from chorus.chat.access.numbers import Id
from chorus.chat.actions import bots
from chorus.chat.actions.bots import TokenMade
from chorus.chat.domain.bots import Bot
from chorus.chat.domain.scopes import Scope
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals


class NewBot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bot to be made."""

    handle: str
    """As a person's: 2 to 32 letters, digits, dots, dashes and underscores."""

    name: str
    """For people; at most 64 characters."""


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token to be made."""

    name: str
    """For people: where it is used; at most 64 characters."""

    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=len(Scope))]
    """What the bot may do with it."""


@get("/bots", operation_id="listBots", summary="The bots there are", tags=["integrations"],
     security=SIGNED_IN, responses=refusals("unauthenticated", "forbidden"))  # fmt: skip
async def list_bots(session: GivenSession, chat: GivenChat) -> Sequence[Bot]:
    """Return all bots, by id, with what is known of their tokens."""
    return await bots.list_bots(chat, by=session.account)


@post("/bots", operation_id="createBot", summary="Make a bot", tags=["integrations"],
      security=SIGNED_IN, responses=refusals(*OF_A_BODY, "unauthenticated", "conflict"))  # fmt: skip
async def create_bot(data: JSONBody[NewBot], session: GivenSession, chat: GivenChat, origin: GivenOrigin) -> Bot:
    """Make a bot; it sees the channels that somebody adds it to. `PATCH /accounts/{id}` deactivates it."""
    return await bots.create(chat, by=session.account, handle=data.handle, name=data.name, origin=origin)


@post("/bots/{account_id:int}/tokens", operation_id="createToken", summary="Make a token", tags=["integrations"],
      security=SIGNED_IN,
      responses=refusals(*OF_A_BODY, "unauthenticated", "not_found", "conflict"))  # fmt: skip
async def create_token(
    account_id: FromPath[Id], data: JSONBody[NewToken], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> TokenMade:
    """Make a token for a bot; `secret` is told this once."""
    return await bots.create_token(
        chat, by=session.account, bot=account_id, name=data.name, scopes=data.scopes, origin=origin
    )


@delete("/bots/{account_id:int}/tokens/{token_id:str}", operation_id="revokeToken", summary="Revoke a token",
        tags=["integrations"], security=SIGNED_IN,
        responses=refusals("invalid", "unauthenticated", "forbidden", "not_found"))  # fmt: skip
async def revoke_token(
    account_id: FromPath[Id], token_id: FromPath[str], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> None:
    """End a token, and the live connections that showed it."""
    await bots.revoke_token(chat, by=session.account, bot=account_id, token=token_id, origin=origin)


ROUTES = (list_bots, create_bot, create_token, revoke_token)

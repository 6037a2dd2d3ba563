"""`/webhooks/outgoing`: what is said in channels, told to programs of others; for owners and admins."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from chorus.chat.access.numbers import Id
from chorus.chat.actions import outgoing
from chorus.chat.actions.outgoing import OutgoingMade
from chorus.chat.domain.outgoing import MOST_WORDS, OutgoingWebhook
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals


class NewOutgoing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook to be made."""

    bot: Id
    """Who hears what is told, and says what is answered."""

    name: str
    """For people: who is told; at most 64 characters."""

    url: str
    """What is called: https, or http in a network that the operator lists."""

    channel: Id | None = None
    """Where, one of one's own, to which the bot is added; without one, wherever the bot is."""

    words: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_WORDS)] = ()
    """What a message has to begin with, one of them; needed where there is no channel."""


@get("/webhooks/outgoing", operation_id="listOutgoing", summary="Outgoing webhooks", tags=["integrations"],
     security=SIGNED_IN, responses=refusals("unauthenticated", "forbidden"))  # fmt: skip
async def list_outgoing(session: GivenSession, chat: GivenChat) -> Sequence[OutgoingWebhook]:
    """Return the outgoing webhooks, the oldest first, with what is wrong with them."""
    return await outgoing.list_outgoing(chat, by=session.account)


@post("/webhooks/outgoing", operation_id="createOutgoing", summary="Make an outgoing webhook", tags=["integrations"],
      security=SIGNED_IN,
      responses=refusals(*OF_A_BODY, "unauthenticated", "not_found", "conflict"))  # fmt: skip
async def create_outgoing(
    data: JSONBody[NewOutgoing], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> OutgoingMade:
    """Have a URL called for what people post; the `secret` that calls are signed with is told this once."""
    return await outgoing.create(
        chat,
        by=session.account,
        bot=data.bot,
        name=data.name,
        url=data.url,
        channel=data.channel,
        words=data.words,
        origin=origin,
    )


@delete("/webhooks/outgoing/{webhook_id:str}", operation_id="deleteOutgoing", summary="Take an outgoing webhook away",
        tags=["integrations"], security=SIGNED_IN,
        responses=refusals("invalid", "unauthenticated", "forbidden", "not_found"))  # fmt: skip
async def delete_outgoing(
    webhook_id: FromPath[str], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> None:
    """Have nothing told to it any more."""
    await outgoing.delete(chat, by=session.account, webhook=webhook_id, origin=origin)


ROUTES = (list_outgoing, create_outgoing, delete_outgoing)

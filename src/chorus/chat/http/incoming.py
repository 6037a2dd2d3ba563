"""`/webhooks/incoming` and `/hooks/…`: the secret addresses there are, and what is posted to one."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody

from chorus.chat.access.numbers import Id
from chorus.chat.actions import incoming
from chorus.chat.actions.incoming import IncomingMade
from chorus.chat.domain.incoming import IncomingWebhook
from chorus.chat.http.gate import ANY_BODY
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals
from chorus.chat.slack.payload import Refused

Repeat = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        max_length=200,
        description="What the poster calls this post; the same again stores nothing",
    ),
]

_WORDS = {
    200: "`ok`",
    400: "`invalid_payload`, `invalid_blocks`, `no_text` or `too_many_attachments`",
    404: "`no_service`: there is no such webhook; `channel_not_found`: its bot is not in the channel any more",
    410: "`channel_is_archived`",
}


class NewIncoming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address to be made."""

    bot: Id
    """Who says what is posted; it is added to the channel."""

    channel: Id
    name: str
    """For people: what posts there; at most 64 characters."""


@get("/webhooks/incoming", operation_id="listIncoming", summary="Incoming webhooks", tags=["integrations"],
     security=SIGNED_IN, responses=refusals("unauthenticated", "forbidden"))  # fmt: skip
async def list_incoming(session: GivenSession, chat: GivenChat) -> Sequence[IncomingWebhook]:
    """Return the incoming webhooks, the oldest first."""
    return await incoming.list_incoming(chat, by=session.account)


@post("/webhooks/incoming", operation_id="createIncoming", summary="Make an incoming webhook", tags=["integrations"],
      security=SIGNED_IN,
      responses=refusals(*OF_A_BODY, "unauthenticated", "not_found", "conflict"))  # fmt: skip
async def create_incoming(
    data: JSONBody[NewIncoming], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> IncomingMade:
    """Make a secret address; its `path` is told this once."""
    return await incoming.create(
        chat, by=session.account, bot=data.bot, channel=data.channel, name=data.name, origin=origin
    )


@delete("/webhooks/incoming/{webhook_id:str}", operation_id="deleteIncoming", summary="Take an incoming webhook away",
        tags=["integrations"], security=SIGNED_IN,
        responses=refusals("invalid", "unauthenticated", "forbidden", "not_found"))  # fmt: skip
async def delete_incoming(
    webhook_id: FromPath[str], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> None:
    """Have nobody post to it any more."""
    await incoming.delete(chat, by=session.account, webhook=webhook_id, origin=origin)


@post("/hooks/{token:str}", operation_id="postToWebhook", summary="Say something by a webhook", tags=["integrations"],
      status_code=200, security=[], body=ANY_BODY,
      responses=refusals("forbidden", "too_large") | {
          status: ResponseSpec(str, description=words, media_type="text/plain", generate_examples=False)
          for status, words in _WORDS.items()
      })  # fmt: skip
async def post_to_webhook(
    token: FromPath[str], request: Request[Any, Any, Any], chat: GivenChat, repeat: Repeat = None
) -> Response[str]:
    """Take Slack's payload, as JSON or as a form's `payload`, and answer in Slack's words, as plain text."""
    try:
        await incoming.post(
            chat,
            token=token,
            content_type=request.headers.get("content-type", ""),
            body=await request.body(),
            repeat=repeat,
        )
    except Refused as refused:
        return Response(refused.word, status_code=refused.status, media_type="text/plain")
    return Response("ok", media_type="text/plain")


ROUTES = (list_incoming, create_incoming, delete_incoming, post_to_webhook)

"""`/channels/{id}/messages`: sending, and the history."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from chorus.chat.access.numbers import Id
from chorus.chat.actions import messages
from chorus.chat.domain.entries import DEFAULT_PAGE, LARGEST_PAGE, LARGEST_SEQ, Entry, HistoryPage
from chorus.chat.http.given import GivenChat, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals

Cursor = Annotated[
    int | None, QueryParameter(ge=0, le=LARGEST_SEQ, required=False, description="A seq of the channel's log")
]
Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE, description="Entries, at most")]


class NewMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to be sent."""

    client_id: UUID
    """Made by the sender; sent again, it gives the first one's entry and stores nothing."""

    text: str
    """Markdown; at most 16,000 characters."""


@get("/channels/{channel_id:int}/messages", operation_id="history", summary="A page of the history", tags=["messages"],
     security=SIGNED_IN, responses=refusals("invalid", "unauthenticated", "forbidden", "not_found"))  # fmt: skip
async def history(
    channel_id: FromPath[Id],
    session: GivenSession,
    chat: GivenChat,
    before: Cursor = None,
    after: Cursor = None,
    around: Cursor = None,
    limit: Limit = DEFAULT_PAGE,
) -> HistoryPage:
    """Return the newest entries, or those before, after or around a seq; ascending."""
    return await messages.history(
        chat, by=session.account, channel=channel_id, before=before, after=after, around=around, limit=limit
    )


@post("/channels/{channel_id:int}/messages", operation_id="sendMessage", summary="Send a message", tags=["messages"],
      security=SIGNED_IN,
      responses={200: ResponseSpec(Entry, description="Sent before with this client id", generate_examples=False)}
      | refusals(*OF_A_BODY, "unauthenticated", "not_found"))  # fmt: skip
async def send_message(
    channel_id: FromPath[Id], data: JSONBody[NewMessage], session: GivenSession, chat: GivenChat
) -> Response[Entry]:
    """Store a message and tell the channel. The answer means that it is durable."""
    sent = await messages.send(chat, by=session.account, channel=channel_id, client_id=data.client_id, text=data.text)
    return Response(sent.entry, status_code=200 if sent.repeated else 201)


ROUTES = (history, send_message)

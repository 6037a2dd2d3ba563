"""`/channels/{id}/messages` and `/threads`: sending, changing, and the history."""

from collections.abc import Sequence
from typing import Annotated, cast
from uuid import UUID, uuid4

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from chorus.chat.access.numbers import Id, Seq
from chorus.chat.actions import messages
from chorus.chat.domain.entries import DEFAULT_PAGE, LARGEST_PAGE, LARGEST_SEQ, Edit, Entry, HistoryPage, Thread
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals

Cursor = Annotated[
    int | None, QueryParameter(ge=0, le=LARGEST_SEQ, required=False, description="A seq of the channel's log")
]
Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE, description="Entries, at most")]
ClientId = Annotated[
    UUID | None,
    QueryParameter(required=False, description="Made by whoever asks; asked again with it, nothing changes"),
]

_OF_A_MESSAGE = ("invalid", "unauthenticated", "forbidden", "not_found")


class NewMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to be sent."""

    client_id: UUID
    """Made by the sender; sent again, it gives the first one's entry and stores nothing."""

    text: str
    """Markdown; at most 16,000 characters. May be empty when there are files."""

    thread: Seq = 0
    """The seq of the message that this one replies to; 0: none."""

    files: tuple[str, ...] = ()
    """What uploads to the channel gave as `id`; at most ten."""


class NewText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another text for a message."""

    client_id: UUID
    """Made by the sender; sent again, it changes nothing."""

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
) -> Response[HistoryPage]:
    """Return the newest entries, or those before, after or around a seq; ascending; messages in their present state.

    There are `limit` of them, or as many as go into 2 MB: `first` and `last` say whether there is more.
    """
    page = await messages.history(
        chat, by=session.account, channel=channel_id, before=before, after=after, around=around, limit=limit
    )
    return Response(cast("HistoryPage", page))  # its entries are written already


@post("/channels/{channel_id:int}/messages", operation_id="sendMessage", summary="Send a message", tags=["messages"],
      security=SIGNED_IN,
      responses={200: ResponseSpec(Entry, description="Sent before with this client id", generate_examples=False)}
      | refusals(*OF_A_BODY, "unauthenticated", "not_found"))  # fmt: skip
async def send_message(
    channel_id: FromPath[Id], data: JSONBody[NewMessage], session: GivenSession, chat: GivenChat
) -> Response[Entry]:
    """Store a message and tell the channel. The answer means that it is durable."""
    sent = await messages.send(
        chat,
        by=session.account,
        channel=channel_id,
        client_id=data.client_id,
        text=data.text,
        thread=data.thread,
        files=data.files,
    )
    return Response(sent.entry, status_code=200 if sent.repeated else 201)


@get("/channels/{channel_id:int}/messages/{seq:int}", operation_id="findMessage", summary="One message",
     tags=["messages"], security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def find_message(channel_id: FromPath[Id], seq: FromPath[Seq], session: GivenSession, chat: GivenChat) -> Entry:
    """Return a message in its present state."""
    return await messages.find(chat, by=session.account, channel=channel_id, seq=seq)


@patch("/channels/{channel_id:int}/messages/{seq:int}", operation_id="editMessage", summary="Edit a message",
       tags=["messages"], security=SIGNED_IN,
       responses=refusals(*OF_A_BODY, "unauthenticated", "not_found"))  # fmt: skip
async def edit_message(
    channel_id: FromPath[Id], seq: FromPath[Seq], data: JSONBody[NewText], session: GivenSession, chat: GivenChat
) -> Entry:
    """Give one's own message another text; returns the entry that says so."""
    sent = await messages.edit(
        chat, by=session.account, channel=channel_id, seq=seq, client_id=data.client_id, text=data.text
    )
    return sent.entry


@delete("/channels/{channel_id:int}/messages/{seq:int}", operation_id="deleteMessage", summary="Delete a message",
        tags=["messages"], status_code=200, security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def delete_message(
    channel_id: FromPath[Id],
    seq: FromPath[Seq],
    session: GivenSession,
    chat: GivenChat,
    origin: GivenOrigin,
    client_id: ClientId = None,
) -> Entry:
    """Take a message's text away for good, one's own or, for admins, anybody's; returns the entry that says so."""
    sent = await messages.delete(
        chat, by=session.account, channel=channel_id, seq=seq, client_id=client_id or uuid4(), origin=origin
    )
    return sent.entry


@get("/channels/{channel_id:int}/messages/{seq:int}/edits", operation_id="listEdits", summary="What a message was",
     tags=["messages"], security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def list_edits(
    channel_id: FromPath[Id], seq: FromPath[Seq], session: GivenSession, chat: GivenChat
) -> Sequence[Edit]:
    """Return the wordings of a message, the first one and the newest 199; none of a deleted one."""
    return await messages.edits(chat, by=session.account, channel=channel_id, seq=seq)


@put("/channels/{channel_id:int}/messages/{seq:int}/reactions/{emoji:str}", operation_id="react", summary="React",
     tags=["messages"], security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def react(
    channel_id: FromPath[Id],
    seq: FromPath[Seq],
    emoji: FromPath[str],
    session: GivenSession,
    chat: GivenChat,
    client_id: ClientId = None,
) -> Entry:
    """React to a message; returns the entry that says so, or the message when the reaction stood already."""
    sent = await messages.react(
        chat, by=session.account, channel=channel_id, seq=seq, client_id=client_id or uuid4(), emoji=emoji
    )
    return sent.entry


@delete("/channels/{channel_id:int}/messages/{seq:int}/reactions/{emoji:str}", operation_id="unreact",
        summary="Take a reaction back", tags=["messages"], status_code=200, security=SIGNED_IN,
        responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def unreact(
    channel_id: FromPath[Id],
    seq: FromPath[Seq],
    emoji: FromPath[str],
    session: GivenSession,
    chat: GivenChat,
    client_id: ClientId = None,
) -> Entry:
    """Take one's own reaction back; returns the entry that says so, or the message when there was none."""
    sent = await messages.react(
        chat,
        by=session.account,
        channel=channel_id,
        seq=seq,
        client_id=client_id or uuid4(),
        emoji=emoji,
        standing=False,
    )
    return sent.entry


@get("/channels/{channel_id:int}/threads/{seq:int}", operation_id="thread", summary="A message and its replies",
     tags=["messages"], security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def thread(channel_id: FromPath[Id], seq: FromPath[Seq], session: GivenSession, chat: GivenChat) -> Thread:
    """Return a message and its newest 1,000 replies, or as many as go into 2 MB; ascending, in their present state."""
    return await messages.thread(chat, by=session.account, channel=channel_id, seq=seq)


ROUTES = (
    history,
    send_message,
    find_message,
    edit_message,
    delete_message,
    list_edits,
    react,
    unreact,
    thread,
)

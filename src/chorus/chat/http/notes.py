"""`/channels/{id}/pins`, `/saved` and `/drafts`."""

from collections.abc import Sequence
from typing import Annotated
from uuid import uuid4

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath, JSONBody

from chorus.chat.access.numbers import Id, Seq
from chorus.chat.actions import notes
from chorus.chat.domain.drafts import Draft
from chorus.chat.domain.entries import Entry
from chorus.chat.http.given import GivenChat, GivenSession
from chorus.chat.http.messages import ClientId
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals

_OF_A_MESSAGE = ("invalid", "unauthenticated", "forbidden", "not_found")


class NewDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody has begun to write."""

    channel: Id
    text: str
    """At most 16,000 characters; empty: there is no draft any more."""

    thread: Seq = 0
    """The seq of the message that it is to reply to; 0: none."""

    device: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """Told to the account's connections, so that a device knows what it said itself."""


@put("/channels/{channel_id:int}/messages/{seq:int}/pin", operation_id="pin", summary="Pin a message",
     tags=["messages"], security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def pin(
    channel_id: FromPath[Id], seq: FromPath[Seq], session: GivenSession, chat: GivenChat, client_id: ClientId = None
) -> Entry:
    """Pin a message to its channel; returns the entry that says so, or the message when it was pinned already."""
    sent = await notes.pin(chat, by=session.account, channel=channel_id, seq=seq, client_id=client_id or uuid4())
    return sent.entry


@delete("/channels/{channel_id:int}/messages/{seq:int}/pin", operation_id="unpin", summary="Take a pin away",
        tags=["messages"], status_code=200, security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def unpin(
    channel_id: FromPath[Id], seq: FromPath[Seq], session: GivenSession, chat: GivenChat, client_id: ClientId = None
) -> Entry:
    """Take the pin away; returns the entry that says so, or the message when it was not pinned."""
    by, made = session.account, client_id or uuid4()
    sent = await notes.pin(chat, by=by, channel=channel_id, seq=seq, client_id=made, standing=False)
    return sent.entry


@get("/channels/{channel_id:int}/pins", operation_id="listPins", summary="What is pinned", tags=["messages"],
     security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def list_pins(channel_id: FromPath[Id], session: GivenSession, chat: GivenChat) -> Sequence[Entry]:
    """Return the pinned messages, the last pinned first, at most 200."""
    return await notes.pins(chat, by=session.account, channel=channel_id)


@get("/saved", operation_id="listSaved", summary="Saved messages", tags=["messages"], security=SIGNED_IN,
     responses=refusals("unauthenticated"))  # fmt: skip
async def list_saved(session: GivenSession, chat: GivenChat) -> Sequence[Entry]:
    """Return what the account saved, the last saved first, at most 200."""
    return await notes.saved(chat, by=session.account)


@put("/saved/{channel_id:int}/{seq:int}", operation_id="save", summary="Save a message", tags=["messages"],
     status_code=204, security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE, "conflict"))  # fmt: skip
async def save(channel_id: FromPath[Id], seq: FromPath[Seq], session: GivenSession, chat: GivenChat) -> Response[None]:
    """Keep a message in the account's own list."""
    await notes.save(chat, by=session.account, channel=channel_id, seq=seq)
    return Response(None, status_code=204)


@delete("/saved/{channel_id:int}/{seq:int}", operation_id="unsave", summary="Save it no more", tags=["messages"],
        status_code=204, security=SIGNED_IN, responses=refusals(*_OF_A_MESSAGE))  # fmt: skip
async def unsave(
    channel_id: FromPath[Id], seq: FromPath[Seq], session: GivenSession, chat: GivenChat
) -> Response[None]:
    """Take a message out of the account's own list."""
    await notes.save(chat, by=session.account, channel=channel_id, seq=seq, standing=False)
    return Response(None, status_code=204)


@get("/drafts", operation_id="listDrafts", summary="Drafts", tags=["messages"], security=SIGNED_IN,
     responses=refusals("unauthenticated"))  # fmt: skip
async def list_drafts(session: GivenSession, chat: GivenChat) -> Sequence[Draft]:
    """Return what the account has begun to write, the last written first, at most 100."""
    return await notes.drafts(chat, by=session.account)


@put("/drafts", operation_id="keepDraft", summary="Keep a draft", tags=["messages"], security=SIGNED_IN,
     responses=refusals(*OF_A_BODY, "unauthenticated", "not_found"))  # fmt: skip
async def keep_draft(data: JSONBody[NewDraft], session: GivenSession, chat: GivenChat) -> Draft:
    """Keep what somebody has begun to write, in place of what was kept for the same channel and thread."""
    return await notes.keep_draft(
        chat, by=session.account, channel=data.channel, thread=data.thread, text=data.text, device=data.device
    )


ROUTES = (pin, unpin, list_pins, list_saved, save, unsave, list_drafts, keep_draft)

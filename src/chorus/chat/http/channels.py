"""`/channels`: browsing, making, changing, joining and leaving them, and how far somebody has read."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody

from chorus.chat.access.numbers import Id, Seq
from chorus.chat.actions import channels
from chorus.chat.domain.channels import Channel
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals


class NewChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel to be made."""

    name: str
    """Letters, digits, dashes and underscores; at most 64 characters."""

    topic: str = ""
    """One line; at most 250 characters."""

    kind: Literal["public", "private"] = "public"
    """Whether others find it and join, or are added by somebody who is in it."""


class ChannelChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different about a channel; what is left out stays."""

    name: str | None = None
    topic: str | None = None
    archived: bool | None = None
    """Kept to be read, and nothing added; false has it in use again."""


class ReadUpTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far somebody has read."""

    seq: Seq
    back: bool = False
    """Whether a seq before the known one counts, which marks what follows it as unread."""


@get("/channels", operation_id="listChannels", summary="The channels", tags=["channels"],
     security=SIGNED_IN, responses=refusals("unauthenticated"))  # fmt: skip
async def list_channels(session: GivenSession, chat: GivenChat) -> Sequence[Channel]:
    """Return the channels the account may see, by name."""
    return await channels.list_channels(chat, by=session.account)


@post("/channels", operation_id="createChannel", summary="Make a channel", tags=["channels"],
      security=SIGNED_IN,
      responses=refusals(*OF_A_BODY, "unauthenticated", "conflict"))  # fmt: skip
async def create_channel(data: JSONBody[NewChannel], session: GivenSession, chat: GivenChat) -> Channel:
    """Make a channel and be its first member."""
    return await channels.create(
        chat, by=session.account, name=data.name, topic=data.topic, private=data.kind == "private"
    )


@patch("/channels/{channel_id:int}", operation_id="changeChannel", summary="Rename, archive, set the topic",
       tags=["channels"], security=SIGNED_IN,
       responses=refusals(*OF_A_BODY, "unauthenticated", "not_found", "conflict"))  # fmt: skip
async def change_channel(
    channel_id: FromPath[Id], data: JSONBody[ChannelChange], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> Channel:
    """Change a channel one is in: anybody the topic; its maker, and admins, the rest."""
    return await channels.change(
        chat,
        by=session.account,
        channel=channel_id,
        name=data.name,
        topic=data.topic,
        archived=data.archived,
        origin=origin,
    )


@post("/channels/{channel_id:int}/members", operation_id="joinChannel", summary="Join", tags=["channels"],
      status_code=200, security=SIGNED_IN,
      responses=refusals("invalid", "unauthenticated", "forbidden", "not_found"))  # fmt: skip
async def join_channel(channel_id: FromPath[Id], session: GivenSession, chat: GivenChat) -> Channel:
    """Become a member; joining again changes nothing."""
    return await channels.join(chat, by=session.account, channel=channel_id)


@delete("/channels/{channel_id:int}/members/me", operation_id="leaveChannel", summary="Leave", tags=["channels"],
        security=SIGNED_IN, responses=refusals("invalid", "unauthenticated", "forbidden", "not_found"))  # fmt: skip
async def leave_channel(channel_id: FromPath[Id], session: GivenSession, chat: GivenChat) -> None:
    """Stop being a member; leaving twice changes nothing."""
    await channels.leave(chat, by=session.account, channel=channel_id)


@put("/channels/{channel_id:int}/read", operation_id="markRead", summary="Remember what was read", tags=["channels"],
     status_code=204, security=SIGNED_IN,
     responses=refusals(*OF_A_BODY, "unauthenticated", "not_found"))  # fmt: skip
async def mark_read(
    channel_id: FromPath[Id], data: JSONBody[ReadUpTo], session: GivenSession, chat: GivenChat
) -> Response[None]:
    """Move the account's read position forward to `seq`, or with `back` to wherever it is to be."""
    await channels.mark_read(chat, by=session.account, channel=channel_id, seq=data.seq, back=data.back)
    return Response(None, status_code=204)


ROUTES = (list_channels, create_channel, change_channel, join_channel, leave_channel, mark_read)

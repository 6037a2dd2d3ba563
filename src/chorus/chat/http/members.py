"""`/channels/{id}/members` and `/conversations`: who is in a channel, and channels that are their people."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from chorus.chat.access.numbers import Id
from chorus.chat.actions import members
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.conversations import MOST_PEOPLE
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals

_OF_A_MEMBER = ("invalid", "unauthenticated", "forbidden", "not_found")


class NewConversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Direct messages with one person, or a group of a few."""

    people: Annotated[list[Id], msgspec.Meta(max_length=MOST_PEOPLE)]
    """The others' accounts; with none it is a place for notes."""


@get("/channels/{channel_id:int}/members", operation_id="listMembers", summary="Who is in it", tags=["members"],
     security=SIGNED_IN, responses=refusals("invalid", "unauthenticated", "not_found"))  # fmt: skip
async def list_members(channel_id: FromPath[Id], session: GivenSession, chat: GivenChat) -> Sequence[int]:
    """Return the accounts in a channel, by id."""
    return await members.list_members(chat, by=session.account, channel=channel_id)


@put("/channels/{channel_id:int}/members/{account_id:int}", operation_id="addMember", summary="Add somebody",
     tags=["members"], security=SIGNED_IN, responses=refusals(*_OF_A_MEMBER))  # fmt: skip
async def add_member(
    channel_id: FromPath[Id], account_id: FromPath[Id], session: GivenSession, chat: GivenChat
) -> Channel:
    """Add an account to a channel one is in."""
    return await members.add(chat, by=session.account, channel=channel_id, account=account_id)


@delete("/channels/{channel_id:int}/members/{account_id:int}", operation_id="removeMember",
        summary="Take somebody out", tags=["members"], status_code=200, security=SIGNED_IN,
        responses=refusals(*_OF_A_MEMBER))  # fmt: skip
async def remove_member(
    channel_id: FromPath[Id], account_id: FromPath[Id], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> Channel:
    """Take an account out of a channel: for its maker and for admins. They read no further, on any device."""
    return await members.remove(chat, by=session.account, channel=channel_id, account=account_id, origin=origin)


@post("/conversations", operation_id="converse", summary="Direct messages", tags=["members"], status_code=200,
      security=SIGNED_IN,
      responses=refusals(*OF_A_BODY, "unauthenticated", "not_found"))  # fmt: skip
async def converse(data: JSONBody[NewConversation], session: GivenSession, chat: GivenChat) -> Channel:
    """Return the one conversation with these people, made when there was none; it is a channel like others."""
    return await members.converse(chat, by=session.account, people=data.people)


ROUTES = (list_members, add_member, remove_member, converse)

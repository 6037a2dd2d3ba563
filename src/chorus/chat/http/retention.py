"""`/retention`: how long messages are kept."""

from typing import Annotated

import msgspec
from litestar import get, put
from litestar.params import FromPath, JSONBody

from chorus.chat.access.numbers import Id
from chorus.chat.actions import retention
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.retention import LONGEST
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals

Days = Annotated[int, msgspec.Meta(ge=0, le=LONGEST)]


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long messages are kept where a channel says nothing else."""

    days: Days
    """0: for ever."""


class ChannelRetention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long messages of a channel are kept."""

    days: Days | None
    """0: for ever; null: as the server says for all."""


@get("/retention", operation_id="readRetention", summary="How long messages are kept", tags=["administration"],
     security=SIGNED_IN, responses=refusals("unauthenticated", "forbidden"))  # fmt: skip
async def read_retention(session: GivenSession, chat: GivenChat) -> Retention:
    """Return what holds for channels that say nothing else; for owners and admins."""
    return Retention(await retention.look(chat, by=session.account))


@put("/retention", operation_id="setRetention", summary="Set it for all", tags=["administration"],
     security=SIGNED_IN, responses=refusals(*OF_A_BODY, "unauthenticated"))  # fmt: skip
async def set_retention(
    data: JSONBody[Retention], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> Retention:
    """Keep messages so long where a channel says nothing else; older ones go within some minutes, for good."""
    return Retention(await retention.set_for_all(chat, by=session.account, days=data.days, origin=origin))


@put("/channels/{channel_id:int}/retention", operation_id="setChannelRetention", summary="Set it for a channel",
     tags=["administration"], security=SIGNED_IN,
     responses=refusals(*OF_A_BODY, "unauthenticated", "not_found"))  # fmt: skip
async def set_channel_retention(
    channel_id: FromPath[Id],
    data: JSONBody[ChannelRetention],
    session: GivenSession,
    chat: GivenChat,
    origin: GivenOrigin,
) -> Channel:
    """Keep messages of a channel so long; older ones go within some minutes, for good."""
    return await retention.set_for_channel(chat, by=session.account, channel=channel_id, days=data.days, origin=origin)


ROUTES = (read_retention, set_retention, set_channel_retention)

"""`/export`, `/channels/{id}/export` and `/me/export`: archives (docs/export.md), made as they are taken.

HEAD says whether one may begin now, and begins none.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream

from chorus.chat.access.numbers import Id
from chorus.chat.actions import exports
from chorus.chat.actions.exports import Export
from chorus.chat.domain.errors import Unavailable
from chorus.chat.http.disposition import disposition
from chorus.chat.http.envelope import cut_off, wants_no_body
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import SIGNED_IN, refusals

_ARCHIVE = "application/zip"

_ANSWERS = {
    200: ResponseSpec(bytes, description="The archive", media_type=_ARCHIVE, generate_examples=False)
} | refusals("unauthenticated", "forbidden")


@get("/export", operation_id="exportServer", summary="Export the server", tags=["administration"],
     security=SIGNED_IN, responses=_ANSWERS)  # fmt: skip
async def export_server(
    request: Request[Any, Any, Any], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> Stream:
    """Return accounts, invites, the audit log, and the channels that one may read with their files, as a zip.

    For owners and admins. Private channels are those that one is in; direct messages are in each person's own export.
    """
    return await _served(request, await exports.of_server(chat, by=session.account, origin=origin))


@get("/channels/{channel_id:int}/export", operation_id="exportChannel", summary="Export a channel",
     tags=["administration"], security=SIGNED_IN, responses=_ANSWERS | refusals("not_found"))  # fmt: skip
async def export_channel(
    channel_id: FromPath[Id],
    request: Request[Any, Any, Any],
    session: GivenSession,
    chat: GivenChat,
    origin: GivenOrigin,
) -> Stream:
    """Return a channel's log, its files and who is or was heard in it, as a zip; for owners and admins."""
    return await _served(request, await exports.of_channel(chat, by=session.account, channel=channel_id, origin=origin))


@get("/me/export", operation_id="exportOwn", summary="Export what is one's own", tags=["accounts"],
     security=SIGNED_IN, responses=_ANSWERS)  # fmt: skip
async def export_own(
    request: Request[Any, Any, Any], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> Stream:
    """Return what one wrote, reacted and uploaded, one's direct messages and groups, and what one saved, as a zip."""
    return await _served(request, await exports.of_oneself(chat, by=session.account, origin=origin))


async def _served(request: Request[Any, Any, Any], export: Export) -> Stream:
    if wants_no_body(request.scope):
        await export.check()
        parts = _nothing()
    else:
        parts = _or_cut_off(request, await export.begin())
    return Stream(parts, media_type=_ARCHIVE, headers={"content-disposition": disposition(export.name)})


async def _or_cut_off(request: Request[Any, Any, Any], parts: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(parts):
        try:
            async for part in parts:
                yield part
        except Unavailable:
            cut_off(request.scope)
            raise


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield


ROUTES = (export_server, export_channel, export_own)

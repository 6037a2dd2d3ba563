"""`/channels/{id}/files` and `/files`: uploading, and the contents.

An upload is `multipart/form-data` with one file, taken in as it comes. What is served says its type by its content, and
whatever could hold a script is for saving only (`Content-Disposition: attachment`), in a sandbox, and never sniffed.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from chorus.chat.access.numbers import Id
from chorus.chat.actions import files
from chorus.chat.actions.files import Content
from chorus.chat.domain.errors import Invalid, TooLarge, Unavailable
from chorus.chat.domain.files import File
from chorus.chat.files.upload import Upload
from chorus.chat.http.disposition import disposition
from chorus.chat.http.given import GivenChat, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals

_AROUND = 64 * 1024
"""Bytes of a body around its file."""

PATIENCE = 60.0
"""Seconds within which the next part of an upload comes: what is half there takes room."""

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})?")

_OF_A_FILE = ("invalid", "unauthenticated", "forbidden", "not_found")

_CONTENTS, _A_RANGE = (
    ResponseSpec(bytes, description=about, media_type="application/octet-stream", generate_examples=False)
    for about in ("The content", "The range of it that was asked for; `Content-Range` says of how many bytes")
)

Range = Annotated[str | None, HeaderParameter(name="range", required=False, description="One range of bytes")]


@post("/channels/{channel_id:int}/files", operation_id="uploadFile", summary="Upload a file", tags=["files"],
      security=SIGNED_IN, opt={"body": "multipart/form-data"}, request_max_body_size=None,
      responses=refusals(*OF_A_BODY, "unauthenticated", "not_found"))  # fmt: skip
async def upload_file(
    channel_id: FromPath[Id], request: Request[Any, Any, Any], session: GivenSession, chat: GivenChat
) -> File:
    """Take a file for a message of this channel; it waits for a day to be named in the message's `files`."""
    limit = chat.settings.file_limit
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:20]) > limit + _AROUND:
        raise TooLarge(f"file: found {announced[:20]} bytes, expected at most {limit}")
    async with files.admit(chat, by=session.account, channel=channel_id) as upload:
        name = await _receive(request, upload)
        return await files.keep(chat, by=session.account, channel=channel_id, name=name, upload=upload)


@get("/files/{file_id:str}", operation_id="readFile", summary="The content of a file", tags=["files"],
     security=SIGNED_IN, responses={200: _CONTENTS, 206: _A_RANGE} | refusals(*_OF_A_FILE))  # fmt: skip
async def read_file(file_id: FromPath[str], session: GivenSession, chat: GivenChat, asked: Range = None) -> Stream:
    """Return the bytes, or one range of them, to whoever is in the channel."""
    file = await files.find(chat, by=session.account, file_id=file_id)
    found = _RANGE.fullmatch(asked or "")
    start = int(found[1]) if found else 0
    end = min(file.size, int(found[2]) + 1) if found and found[2] else file.size
    if not found or start >= end:
        return _served(await files.content(chat, file))
    served = _served(await files.content(chat, file, start=start, end=end), 206)
    served.headers["content-range"] = f"bytes {start}-{end - 1}/{file.size}"
    return served


@get("/files/{file_id:str}/preview", operation_id="previewFile", summary="A small picture of it", tags=["files"],
     security=SIGNED_IN, responses={200: _CONTENTS} | refusals(*_OF_A_FILE))  # fmt: skip
async def preview_file(file_id: FromPath[str], session: GivenSession, chat: GivenChat) -> Stream:
    """Return the small picture, a WebP of at most 720 by 720 pixels."""
    file = await files.find(chat, by=session.account, file_id=file_id)
    return _served(await files.content(chat, file, preview=True))


@delete("/files/{file_id:str}", operation_id="withdrawFile", summary="Give up an upload", tags=["files"],
        status_code=204, security=SIGNED_IN, responses=refusals(*_OF_A_FILE))  # fmt: skip
async def withdraw_file(file_id: FromPath[str], session: GivenSession, chat: GivenChat) -> Response[None]:
    """Give up an upload of one's own that is in no message."""
    await files.withdraw(chat, by=session.account, file_id=file_id)
    return Response(None, status_code=204)


async def _receive(request: Request[Any, Any, Any], upload: Upload) -> str:
    """Have the one file of the form written as it comes; returns its name.

    Raises:
        Invalid: it is no such form, or has no file, or more than one.
        TooLarge: the file is.
        Unavailable: nothing comes of it any more; a line that broke may hold the next time.
    """
    boundary = request.content_type[1].get("boundary", "")
    name: str | None = None
    within = False
    try:
        with PushMultipartParser(boundary, max_segment_count=10, max_header_size=4096) as parser:
            async for chunk in _patiently(request.stream()):
                for event in parser.parse(chunk):
                    if isinstance(event, MultipartSegment):
                        within = event.filename is not None
                        if within and name is not None:
                            raise Invalid("file: found two files, expected one a request")
                        name = event.filename if within else name
                    elif event and within:
                        await upload.write(event)
    except MultipartError as error:
        raise Invalid(f"the form cannot be read: {error}") from error
    if name is None:
        raise Invalid("file: found none, expected a form with one file")
    return name


async def _patiently(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same, as long as there is one every PATIENCE seconds; raises Unavailable after that."""
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Unavailable(f"file: nothing came for {PATIENCE:g} s; send it again") from None
        yield chunk


def _served(content: Content, status: int = 200) -> Stream:
    headers = {
        "content-disposition": disposition(content.file.name, shown=content.shown),
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "cache-control": "private, max-age=31536000, immutable",
        "accept-ranges": "bytes",
    }
    if content.size is not None:
        headers["content-length"] = str(content.size)
    kind = content.type if content.shown else "application/octet-stream"
    return Stream(content.parts, status_code=status, media_type=kind, headers=headers)


ROUTES = (upload_file, read_file, preview_file, withdraw_file)

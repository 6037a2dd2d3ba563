"""Uploading files, and having their contents."""

import asyncio
import logging
import math
import os
import random
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec

from chorus.chat.actions.chat import Chat
from chorus.chat.actions.routine import Routine
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.channels import check_channel_id, check_not_archived
from chorus.chat.domain.errors import Invalid, NotFound, Unavailable
from chorus.chat.domain.files import SHOWN, File, check_file_id, check_file_name
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.files.contract import PREVIEW, BlobsUnavailable
from chorus.chat.files.sniffing import BYTES, media_type
from chorus.chat.files.upload import Upload, tidy

logger = logging.getLogger(__name__)

_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}

KEPT = 24 * 60 * 60 * 1000
"""Milliseconds for which an upload waits to be attached to a message."""

SWEEP = 300.0
"""Seconds between two looks for files that nobody can have any more."""

TIDY = 3600.0
"""Seconds between two looks for what killed instances left; each may have become a day old meanwhile."""

TRIED = 5
"""Files whose contents cannot be taken away: then their place is away, and has its peace until the next look."""


class Content(msgspec.Struct, frozen=True):
    """Something to be served."""

    file: File
    type: str
    size: int | None
    """Bytes; None: as many as come."""

    shown: bool
    """Whether a browser may show it in a page; everything else is for saving."""

    parts: AsyncIterator[bytes]


@asynccontextmanager
async def admit(chat: Chat, *, by: Account, channel: int) -> AsyncGenerator[Upload]:
    """Let somebody upload to a channel: fill what it gives, and `keep` it.

    Raises:
        NotFound: no such channel, or this account is not in it.
        Forbidden: the role may not, or it is archived.
        TooMany: so many of this account are under way.
        DatabaseUnavailable.
    """
    authorise(by, Act.ATTACH)
    check_not_archived(await chat.store.joined_channel(by.id, check_channel_id(channel)))
    with chat.uploads.place(by.id):
        async with Upload(chat.settings.file_limit) as upload:
            yield upload


async def keep(chat: Chat, *, by: Account, channel: int, name: str, upload: Upload) -> File:
    """Take what was uploaded: the type by its content, a picture without its metadata and with a small one.

    It waits for a message of this account in this channel, for a day.

    Raises:
        Invalid: the name is none, or there is nothing in it.
        NotFound: no longer in the channel.
        Forbidden: too many files of this account wait.
        Unavailable: try again.
    """
    name = check_file_name(name)
    head = await upload.finish()
    if not head:
        raise Invalid("file: found 0 bytes, expected at least one")
    file = File(secrets.token_hex(16), name, media_type(head), upload.size)
    source, small = upload.path, upload.beside("preview")
    if file.type in _PICTURES:
        clean = upload.beside("clean")
        picture = await chat.workshop.prepare(source, clean, small)
        if picture is None:  # broken, or a picture that is a bomb: nobody's browser is to try
            file = msgspec.structs.replace(file, type=BYTES)
        else:
            source = clean
            file = msgspec.structs.replace(
                file, width=picture.width, height=picture.height, preview=picture.preview, size=await _size(clean)
            )

    # The row first: by it the sweeper finds the content, whatever happens from here on, and it is what may be refused.
    await chat.store.add_file(by.id, channel, file, at=chat.now())
    try:
        if file.preview:
            await chat.blobs.put(file.id + PREVIEW, small)
        await chat.blobs.put(file.id, source)
    except BaseException:  # also a client that hangs up: it is cancelled then, and nobody else would know the row
        with suppress(Unavailable):  # then it counts among those that wait, for a day
            await chat.store.withdraw_file(by.id, file.id)
        raise
    return file


async def find(chat: Chat, *, by: Account, file_id: str) -> File:
    """What is known of a file.

    Raises:
        NotFound: no such file, or it is in no channel of this account's.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    return await chat.store.file(by.id, check_file_id(file_id))


async def content(chat: Chat, file: File, *, start: int = 0, end: int | None = None, preview: bool = False) -> Content:
    """The bytes of a file that `find` gave, from `start` to before `end`; or its small picture.

    Raises:
        NotFound: it has no small picture, or its content is not where it was put.
        Unavailable: try again.
    """
    if preview and not file.preview:
        raise NotFound("There is no preview of this file")
    parts = chat.blobs.read(file.id + PREVIEW) if preview else chat.blobs.read(file.id, start, end)
    try:
        first = await anext(parts, b"")
    except FileNotFoundError:
        logger.error("the content of file %s is not where it was put", file.id)
        raise NotFound("The content of this file is gone") from None
    size = None if preview else (file.size if end is None else end) - start
    kind = "image/webp" if preview else file.type
    return Content(file, kind, size, kind in SHOWN, _with(first, parts))


async def withdraw(chat: Chat, *, by: Account, file_id: str) -> None:
    """Give up an upload that is in no message.

    Raises:
        NotFound: no such file of this account's, or it is in a message.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.ATTACH)
    await chat.store.withdraw_file(by.id, check_file_id(file_id))


class Sweeper(Routine):
    """Takes contents away that nobody can have any more: of uploads never sent, and of deleted messages."""

    title = "files: taking away what nobody can have any more"
    again = SWEEP

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._tidied = -math.inf

    async def round(self) -> None:
        """From time to time what other runs left of uploads, then all that may go."""
        now = time.monotonic()
        if now - self._tidied >= TIDY:
            await asyncio.to_thread(tidy)
            await self._chat.blobs.tidy()
            self._tidied = now
        while await self.sweep():
            pass
        await asyncio.sleep(SWEEP)

    async def sweep(self) -> int:
        """Take away up to a hundred; how many those were. One that cannot be taken away keeps no other.

        Raises:
            Unavailable: the database is away, or the first TRIED could not be taken away.
        """
        store, blobs = self._chat.store, self._chat.blobs
        gone, failed = list[str](), 0
        ids = list(await store.abandoned_files(before=self._chat.now() - KEPT, limit=100))
        random.shuffle(ids)  # those that stay are the oldest, look after look, and must not be what is tried first
        for file_id in ids:
            try:
                await blobs.delete(file_id)
                await blobs.delete(file_id + PREVIEW)
            except BlobsUnavailable as error:
                failed += 1
                if failed == TRIED and not gone:  # it is not the file, it is the place
                    raise
                logger.warning("files: %s is taken away later: %s", file_id, error)
            else:
                gone.append(file_id)
        if gone:
            await store.forget_files(gone)
        return len(gone)


async def _with(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part


async def _size(path: str) -> int:
    return await asyncio.to_thread(os.path.getsize, path)

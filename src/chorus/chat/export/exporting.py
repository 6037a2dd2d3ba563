"""From the store and the files into an archive; page by page, so that memory does not grow with what there is.

    writing = Writing(store, blobs, archive, about, pace=pipe.drain)
    manifest = await export_server(writing, direct=False)
    manifest = await export_seen(writing, account)          # of the server, what this account may read
    manifest = await export_channel(writing, channel)
    manifest = await export_account(writing, account)

What is read is of slightly different moments: each channel's log up to the end that it had when the export began.
Nobody is kept from writing meanwhile.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from typing import IO, cast

import msgspec

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import LARGEST_PAGE, AuditFilter
from chorus.chat.domain.channels import CONVERSATIONS, Channel, ChannelKind
from chorus.chat.domain.entries import Entry
from chorus.chat.domain.sessions import Session
from chorus.chat.export.archive import Archive, Lines
from chorus.chat.files.contract import Blobs
from chorus.chat.storage.contract import KeptFile, Store

FORMAT = "chorus-export"
VERSION = 1

PAGE = 500
"""Entries, or files, in memory at once."""

_LISTED = 1024 * 1024
"""Bytes of the list of files in memory; a longer one lies in a temporary file until its turn comes."""

_COMPRESSED = ("image/", "video/", "audio/", "application/zip")

Progress = Callable[[str, int, int], None]
"""Told of what is being written, how much of it is, and of how much."""

Pace = Callable[[], Awaitable[None]]
"""Awaited between two parts: whoever takes the archive away says how fast it is written."""


async def at_once() -> None:
    """The pace of a file: nobody has to take anything away."""


def unwatched(_what: str, _done: int, _total: int) -> None:
    """Nobody looks."""


class About(msgspec.Struct, frozen=True):
    """What the archive says of where and when it was made."""

    server: str
    version: str
    at: int
    """Milliseconds since 1970."""


class Manifest(msgspec.Struct, frozen=True):
    """manifest.json, the last member: an archive without one is not complete."""

    format: str
    format_version: int
    scope: str
    """"server", "server with direct messages", "server as seen" (by an account), "channel" or "account"."""

    account: int | None
    """Whose it is, or by whom it is seen."""

    server: str
    chorus: str
    at: int
    counts: dict[str, int]
    """By member of JSON Lines, and of "files": how many there are."""

    missing: Sequence[str]
    """Ids of files whose content was not where it was put."""


class ChannelLine(msgspec.Struct, frozen=True):
    """A line of channels.jsonl."""

    channel: Channel
    members: Sequence[int]


class FileLine(msgspec.Struct, frozen=True):
    """A line of files.jsonl."""

    file: KeptFile
    path: str
    """Of the member that is its content."""


async def export_server(writing: "Writing", *, direct: bool) -> Manifest:
    """Write everything that all people together have; direct messages and groups only with `direct`."""
    every = await writing.store.every_channel()
    chosen = [each for each in every if direct or each.kind not in CONVERSATIONS]
    await writing.server(chosen)
    return await writing.finish("server with direct messages" if direct else "server")


async def export_seen(writing: "Writing", account: Account) -> Manifest:
    """Write of the server what one who runs it may read: public channels, and the private ones that they are in."""
    mine = {each.id for each in await writing.store.channels(account.id, joined_only=True)}
    every = await writing.store.every_channel()
    named = [each for each in every if each.kind not in CONVERSATIONS]
    await writing.server([each for each in named if each.kind is ChannelKind.PUBLIC or each.id in mine])
    return await writing.finish("server as seen", account.id)


async def export_channel(writing: "Writing", channel: Channel) -> Manifest:
    """Write one channel, and the accounts of those who are in it or said something there."""
    await writing.channels([channel])
    senders = await writing.log(channel)
    people = senders | set(await writing.store.everyone_in(channel.id))
    await writing.lines("accounts.jsonl", await writing.store.accounts_with(people))
    await writing.files(lambda kept: kept.channel == channel.id)
    return await writing.finish("channel")


async def export_account(writing: "Writing", account: Account) -> Manifest:
    """Write what one person has: what they wrote and uploaded anywhere, and their direct messages and groups whole."""
    store = writing.store
    await writing.lines("accounts.jsonl", [account])
    await writing.lines("devices.jsonl", await store.devices(Session("", account, 0), at=writing.about.at))
    await writing.lines("saved.jsonl", await store.saved(account.id))
    await writing.lines("drafts.jsonl", await store.drafts(account.id))
    mine = {each.id for each in await store.channels(account.id, joined_only=True)}
    every = await store.every_channel()
    await writing.channels([each for each in every if each.id in mine])
    talks = {each.id for each in every if each.kind in CONVERSATIONS and each.id in mine}
    spoken = await store.channels_with_entries_of(account.id)
    for channel in every:
        if channel.id in talks:
            await writing.log(channel)
        elif channel.id in spoken:
            await writing.log(channel, sender=account.id)
    await writing.files(lambda kept: kept.account == account.id or kept.channel in talks)
    return await writing.finish("account", account.id)


class Writing:
    """An archive on its way."""

    def __init__(
        self,
        store: Store,
        blobs: Blobs,
        archive: Archive,
        about: About,
        *,
        pace: Pace = at_once,
        progress: Progress = unwatched,
    ) -> None:
        self.store = store
        self.about = about
        self._blobs = blobs
        self._archive = archive
        self._pace = pace
        self._progress = progress
        self._counts: dict[str, int] = {}
        self._missing: list[str] = []

    async def server(self, chosen: Sequence[Channel]) -> None:
        """Everything but conversations that are not among the chosen channels."""
        await self.lines("accounts.jsonl", await self.store.accounts())
        await self.lines("invites.jsonl", await self.store.invites())
        await self.audit()
        await self.channels(chosen)
        total, done = sum(each.last_seq - each.floor for each in chosen), 0
        for channel in chosen:
            await self.log(channel, done=done, total=total)
            done += channel.last_seq - channel.floor
        ids = {each.id for each in chosen}
        await self.files(lambda kept: kept.channel in ids)

    async def lines(self, name: str, values: Collection[object]) -> None:
        """A list that has a bound."""
        with self._archive.lines(name) as lines:
            await self._add(lines, values)
        self._counts[name] = lines.count

    async def audit(self) -> None:
        """The audit log, the newest line first."""
        before: int | None = None
        with self._archive.lines("audit.jsonl") as lines:
            while page := await self.store.audit(AuditFilter(), before=before, limit=LARGEST_PAGE):
                await self._add(lines, page)
                before = page[-1].id
        self._counts["audit.jsonl"] = lines.count

    async def channels(self, chosen: Sequence[Channel]) -> None:
        """What they are, and who is in them."""
        with self._archive.lines("channels.jsonl") as lines:
            for channel in chosen:
                await self._add(lines, [ChannelLine(channel, await self.store.everyone_in(channel.id))])
        self._counts["channels.jsonl"] = lines.count

    async def log(self, channel: Channel, *, sender: int | None = None, done: int = 0, total: int = 0) -> set[int]:
        """The lines of a channel's log, or those of one sender alone; without any there is no such member.

        Returns who said something there.
        """
        name, senders = f"log/{channel.id}.jsonl", set[int]()
        pages = self._pages(channel, sender)
        page = await anext(pages, None)
        if page is None:
            return senders
        with self._archive.lines(name) as lines:
            while page is not None:
                await self._add(lines, page)
                senders.update(entry.sender for entry in page)
                self._progress("messages", done + page[-1].seq - channel.floor, total)
                page = await anext(pages, None)
        self._counts[name] = lines.count
        return senders

    async def files(self, wanted: Callable[[KeptFile], bool]) -> None:
        """Contents, each a member, then what they are."""
        count = 0
        with tempfile.SpooledTemporaryFile(_LISTED) as listed:
            kept = Lines(cast("IO[bytes]", listed))
            after = ""
            while page := await self.store.kept_files(after=after, limit=PAGE):
                for file in page:
                    path = f"files/{file.file.id}/{file.file.name}"
                    if wanted(file) and await self._content(file, path):
                        kept.add([FileLine(file, path)])
                        count += 1
                        self._progress("files", count, 0)
                after = page[-1].file.id
            listed.seek(0)
            with self._archive.member("files.jsonl") as member:
                await asyncio.to_thread(shutil.copyfileobj, listed, member)
        self._counts["files.jsonl"] = count

    async def finish(self, scope: str, account: int | None = None) -> Manifest:
        """The manifest, which says that everything else is there."""
        about = self.about
        manifest = Manifest(
            FORMAT, VERSION, scope, account, about.server, about.version, about.at, self._counts, self._missing
        )
        self._archive.document("manifest.json", manifest)
        await self._pace()
        return manifest

    async def _add(self, lines: Lines, values: Iterable[object]) -> None:
        """In a thread: a page takes milliseconds to be compressed, and others have their turn on the event loop."""
        await asyncio.to_thread(lines.add, values)
        await self._pace()

    async def _pages(self, channel: Channel, sender: int | None) -> AsyncIterator[Sequence[Entry]]:
        """The log up to the end that it had when the export began; none is empty."""
        after, last = channel.floor, channel.last_seq
        while after < last:
            if sender is None:
                page = await self.store.read(channel.id, after=after, limit=min(PAGE, last - after))
                after = min(after + PAGE, last)
            else:
                page = await self.store.entries_of(sender, channel.id, after=after, limit=PAGE)
                after = page[-1].seq if page else last
            if page:
                yield page

    async def _content(self, kept: KeptFile, path: str) -> bool:
        parts = self._blobs.read(kept.file.id)
        try:
            first = await anext(parts, b"")
        except FileNotFoundError:
            self._missing.append(kept.file.id)
            return False
        with self._archive.member(path, compress=not kept.file.type.startswith(_COMPRESSED)) as member:
            await self._write(member, first)
            async for part in parts:
                await self._write(member, part)
        return True

    async def _write(self, member: IO[bytes], part: bytes) -> None:
        await asyncio.to_thread(member.write, part)
        await self._pace()

"""From the store and the files into an archive; page by page, so that memory does not grow with what there is.

    exported = await export_server(store, blobs, archive, about, direct=False, progress=print)
    exported = await export_account(store, blobs, archive, about, account, progress=print)

What is read is of slightly different moments: each channel's log up to the end that it had when the export began.
Nobody is kept from writing meanwhile.
"""

from collections.abc import Callable, Sequence

import msgspec

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import LARGEST_PAGE, AuditFilter
from chorus.chat.domain.channels import CONVERSATIONS, Channel
from chorus.chat.domain.entries import Entry
from chorus.chat.domain.sessions import Session
from chorus.chat.export.archive import Archive
from chorus.chat.files.contract import Blobs
from chorus.chat.storage.contract import KeptFile, Store

FORMAT = "chorus-export"
VERSION = 1

PAGE = 500
"""Entries, or files, in memory at once."""

_COMPRESSED = ("image/", "video/", "audio/", "application/zip")

Progress = Callable[[str, int, int], None]
"""Told of what is being written, how much of it is, and of how much."""


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
    """"server", "server with direct messages" or "account"."""

    account: int | None
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


async def export_server(
    store: Store, blobs: Blobs, archive: Archive, about: About, *, direct: bool, progress: Progress
) -> Manifest:
    """Write everything that all people together have; direct messages and groups only with `direct`."""
    export = _Export(store, blobs, archive, progress)
    export.write("accounts.jsonl", await store.accounts())
    export.write("invites.jsonl", await store.invites())
    await export.audit()
    every = await store.every_channel()
    chosen = [each for each in every if direct or each.kind not in CONVERSATIONS]
    await export.channels(chosen)
    await export.logs(chosen, lambda _channel, _entry: True)
    ids = {each.id for each in chosen}
    await export.files(lambda kept: kept.channel in ids)
    return export.finish("server with direct messages" if direct else "server", None, about)


async def export_account(
    store: Store, blobs: Blobs, archive: Archive, about: About, account: Account, *, progress: Progress
) -> Manifest:
    """Write what one person has: what they wrote and uploaded anywhere, and their direct messages and groups whole."""
    export = _Export(store, blobs, archive, progress)
    export.write("accounts.jsonl", [account])
    export.write("devices.jsonl", await store.devices(Session("", account, 0), at=about.at))
    export.write("saved.jsonl", await store.saved(account.id))
    export.write("drafts.jsonl", await store.drafts(account.id))
    every = await store.every_channel()
    mine = {each.id for each in await store.channels(account.id, joined_only=True)}
    talks = {each.id for each in every if each.kind in CONVERSATIONS and each.id in mine}
    await export.channels([each for each in every if each.id in mine])
    public = [each for each in every if each.kind not in CONVERSATIONS or each.id in talks]
    await export.logs(public, lambda channel, entry: channel.id in talks or entry.sender == account.id)
    await export.files(lambda kept: kept.account == account.id or kept.channel in talks)
    return export.finish("account", account.id, about)


class _Export:
    def __init__(self, store: Store, blobs: Blobs, archive: Archive, progress: Progress) -> None:
        self._store = store
        self._blobs = blobs
        self._archive = archive
        self._progress = progress
        self._counts: dict[str, int] = {}
        self._missing: list[str] = []

    def write(self, name: str, values: Sequence[object]) -> None:
        """A list that has a bound."""
        with self._archive.lines(name) as lines:
            for value in values:
                lines.add(value)
        self._counts[name] = len(values)

    async def audit(self) -> None:
        """The audit log, the newest line first."""
        before: int | None = None
        with self._archive.lines("audit.jsonl") as lines:
            while page := await self._store.audit(AuditFilter(), before=before, limit=LARGEST_PAGE):
                for line in page:
                    lines.add(line)
                before = page[-1].id
            self._counts["audit.jsonl"] = lines.count

    async def channels(self, chosen: Sequence[Channel]) -> None:
        """What they are, and who is in them."""
        with self._archive.lines("channels.jsonl") as lines:
            for channel in chosen:
                lines.add(ChannelLine(channel, await self._store.everyone_in(channel.id)))
        self._counts["channels.jsonl"] = len(chosen)

    async def logs(self, chosen: Sequence[Channel], wanted: Callable[[Channel, Entry], bool]) -> None:
        """The lines of their logs that are wanted, a member each; a channel without any has none."""
        total, done = sum(each.last_seq - each.floor for each in chosen), 0
        for channel in chosen:
            name = f"log/{channel.id}.jsonl"
            after, count = channel.floor, 0
            pending: list[Entry] = []
            while after < channel.last_seq and not pending:  # find the first one before a member is begun
                page = await self._page(channel, after)
                pending = [entry for entry in page if wanted(channel, entry)]
                done += min(after + PAGE, channel.last_seq) - after
                after = min(after + PAGE, channel.last_seq)
            if not pending:
                continue
            with self._archive.lines(name) as lines:
                while True:
                    for entry in pending:
                        lines.add(entry)
                    count += len(pending)
                    self._progress("messages", done, total)
                    if after >= channel.last_seq:
                        break
                    pending = [entry for entry in await self._page(channel, after) if wanted(channel, entry)]
                    done += min(after + PAGE, channel.last_seq) - after
                    after = min(after + PAGE, channel.last_seq)
            self._counts[name] = count

    async def files(self, wanted: Callable[[KeptFile], bool]) -> None:
        """Contents, each a member, then what they are."""
        kept: list[FileLine] = []
        after = ""
        while page := await self._store.kept_files(after=after, limit=PAGE):
            for file in page:
                path = f"files/{file.file.id}/{file.file.name}"
                if wanted(file) and await self._content(file, path):
                    kept.append(FileLine(file, path))
                    self._progress("files", len(kept), 0)
            after = page[-1].file.id
        self.write("files.jsonl", kept)

    def finish(self, scope: str, account: int | None, about: About) -> Manifest:
        """The manifest, which says that everything else is there."""
        manifest = Manifest(
            FORMAT, VERSION, scope, account, about.server, about.version, about.at, self._counts, self._missing
        )
        self._archive.document("manifest.json", manifest)
        return manifest

    async def _page(self, channel: Channel, after: int) -> Sequence[Entry]:
        limit = min(PAGE, channel.last_seq - after)
        return await self._store.read(channel.id, after=after, limit=limit)

    async def _content(self, kept: KeptFile, path: str) -> bool:
        parts = self._blobs.read(kept.file.id)
        try:
            first = await anext(parts, b"")
        except FileNotFoundError:
            self._missing.append(kept.file.id)
            return False
        with self._archive.member(path, compress=not kept.file.type.startswith(_COMPRESSED)) as member:
            member.write(first)
            async for part in parts:
                member.write(part)
        return True

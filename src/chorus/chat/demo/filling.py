"""Stores a script as the chat itself would have: the same writes, the same renderer, the same files.

    filled = await fill(store, blobs, script, password_hash=…, progress=print)

Messages and changes go to the store in groups, each committed as one. Their numbers are known before: nobody else may
write to these channels meanwhile, and when somebody does, it is found out and told.
"""

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from random import Random
from uuid import UUID

import msgspec

from chorus.chat.demo.pictures import draw
from chorus.chat.demo.script import Attachment, Change, Post, Room, Script
from chorus.chat.domain.accounts import Account, Role, handle_key
from chorus.chat.domain.channels import ChannelKind
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import Conflict
from chorus.chat.domain.files import File
from chorus.chat.files.contract import PREVIEW, Blobs
from chorus.chat.files.picture import prepare
from chorus.chat.files.sniffing import media_type
from chorus.chat.rendering.markdown import Composed, compose
from chorus.chat.storage.contract import Store

GROUP = 1000
"""Entries that are stored together."""

_ROLES = {"owner": None, "admin": Role.ADMIN, "member": Role.MEMBER, "guest": Role.GUEST}
_MINUTE = 60_000

Progress = Callable[[str, int, int], None]
"""Told of what is being done, how much of it is done, and of how much."""


class Filled(msgspec.Struct, frozen=True):
    """What is there now."""

    accounts: int
    channels: int
    conversations: int
    messages: int
    changes: int
    files: int


async def fill(store: Store, blobs: Blobs, script: Script, *, password_hash: str, progress: Progress) -> Filled:
    """Store all of it in a database without people.

    Raises:
        Conflict: somebody else writes to the database meanwhile.
        Unavailable: the database or the files cannot be reached; what is stored so far stays.
    """
    filling = _Filling(store, blobs, script, progress)
    await filling.people(password_hash)
    await filling.rooms()
    await filling.talk()
    await filling.reading()
    await filling.indexing()
    events = script.events
    messages = sum(isinstance(event, Post) for event in events)
    named = sum(bool(room.name) for room in script.rooms)
    return Filled(
        accounts=len(script.people),
        channels=named,
        conversations=len(script.rooms) - named,
        messages=messages,
        changes=len(events) - messages,
        files=filling.files,
    )


class _Filling:
    def __init__(self, store: Store, blobs: Blobs, script: Script, progress: Progress) -> None:
        self.files = 0
        self._store = store
        self._blobs = blobs
        self._script = script
        self._progress = progress
        self._random = script.random
        self._accounts: list[Account] = []
        self._channels: list[int] = []
        self._ends: dict[int, int] = {}

    async def people(self, password_hash: str) -> None:
        """Sign everybody up, an hour before the first word."""
        people = self._script.people
        for place, person in enumerate(people):
            made = await self._store.create_account(
                handle=person.handle,
                name=person.name,
                password_hash=password_hash,
                at=self._script.begins + place,
                role=_ROLES[person.role],
            )
            if made.first != (place == 0):
                raise Conflict("people: somebody else signed up meanwhile; begin again with an empty database")
            self._accounts.append(made.account)
            self._tell("people", place + 1, len(people), every=20)

    async def rooms(self) -> None:
        """Make the channels and conversations, and have people join."""
        rooms = self._script.rooms
        for place, room in enumerate(rooms):
            self._channels.append(await self._room(place, room))
            self._tell("channels", place + 1, len(rooms), every=20)
        self._ends = dict.fromkeys(self._channels, 0)

    async def talk(self) -> None:
        """Store messages and changes, group after group."""
        events = self._script.events
        handles = {handle_key(account.handle): account.id for account in self._accounts}
        for begin in range(0, len(events), GROUP):
            group = events[begin : begin + GROUP]
            attached = await self._attach([each for each in group if isinstance(each, Post) and each.attached])
            entries = [self._entry(event, handles, attached) for event in group]
            stored = await asyncio.gather(*(self._store.append(new) for _, new in entries))
            for (seq, new), appended in zip(entries, stored, strict=True):
                if appended.entry.seq != seq or appended.repeated:
                    raise Conflict(
                        f"channel {new.channel}: found seq {appended.entry.seq}, expected {seq}: somebody else writes "
                        "to this database"
                    )
            self._tell("messages and reactions", min(begin + GROUP, len(events)), len(events), every=GROUP)

    async def reading(self) -> None:
        """Have people read: most of them nearly everything."""
        rooms = self._script.rooms
        for place, (room, channel) in enumerate(zip(rooms, self._channels, strict=True)):
            read = {self._accounts[member].id: max(0, self._ends[channel] - self._unread()) for member in room.members}
            await self._store.set_read(channel, read)
            self._tell("reading", place + 1, len(rooms), every=20)

    async def indexing(self) -> None:
        """Have search find all of it at once."""
        total, done = sum(self._ends.values()), 0
        while lines := await self._store.index():
            done += lines
            self._tell("search", min(done, total), total, every=1)

    def _unread(self) -> int:
        """Entries: mostly none, often a few, seldom many."""
        return int(self._random.paretovariate(0.7)) if self._random.random() < 0.3 else 0

    async def _room(self, place: int, room: Room) -> int:
        at = self._script.begins + 10 * _MINUTE + place * 1000
        ids = [self._accounts[member].id for member in room.members]
        if not room.name:
            return (await self._store.open_conversation(ids[0], ids, at=at)).channel.id
        if place == 0:  # made with the owner's account, and everybody is in it
            general = (await self._store.channels(self._accounts[0].id, joined_only=True))[0]
            await self._store.change_channel(self._accounts[0].id, general.id, topic=room.topic.about)
            return general.id
        kind = ChannelKind.PRIVATE if room.topic.private else ChannelKind.PUBLIC
        made = await self._store.create_channel(
            name=room.name, topic=room.topic.about, kind=kind, creator=ids[0], at=at
        )
        await self._store.add_members(ids[1:], made.id, at=at)
        return made.id

    def _entry(
        self, event: Post | Change, handles: Mapping[str, int], attached: Mapping[int, tuple[File, ...]]
    ) -> tuple[int, NewEntry]:
        """The entry of an event, and the number it will have."""
        post = event if isinstance(event, Post) else event.target
        channel = self._channels[post.room]
        self._ends[channel] += 1
        seq = self._ends[channel]
        composed = compose(event.text, handles) if event.text else Composed("", ())
        if isinstance(event, Post):
            event.seq = seq
        return seq, NewEntry(
            channel,
            EntryKind.POSTED if isinstance(event, Post) else event.kind,
            event.at,
            self._accounts[event.author].id,
            _uuid(self._random),
            text=event.text,
            html=composed.html,
            mentions=composed.mentions,
            target=0 if isinstance(event, Post) else post.seq,
            thread=event.thread.seq if isinstance(event, Post) and event.thread else 0,
            emoji="" if isinstance(event, Post) else event.emoji,
            files=attached.get(id(event), ()),
        )

    async def _attach(self, posts: Sequence[Post]) -> dict[int, tuple[File, ...]]:
        """Make and keep what these messages show; by the post."""
        made: dict[int, tuple[File, ...]] = {}
        for post in posts:
            kept = [await self._keep(post, attachment) for attachment in post.attached]
            made[id(post)] = tuple(kept)
            self.files += len(kept)
        return made

    async def _keep(self, post: Post, attachment: Attachment) -> File:
        file_id = self._random.randbytes(16).hex()
        with tempfile.TemporaryDirectory(prefix="chorus-demo-") as folder:
            file, source, preview = await asyncio.to_thread(_make, attachment, file_id, folder)
            if file.preview:
                await self._blobs.put(file_id + PREVIEW, preview)
            await self._blobs.put(file_id, source)
        await self._store.add_file(self._accounts[post.author].id, self._channels[post.room], file, at=post.at)
        return file

    def _tell(self, what: str, done: int, total: int, *, every: int) -> None:
        if done % every == 0 or done == total:
            self._progress(what, done, total)


def _make(attachment: Attachment, file_id: str, folder: str) -> tuple[File, str, str]:
    """In a thread: make it; what it is, where it lies, and where its small picture lies."""
    source, clean, preview = (os.path.join(folder, name) for name in ("source", "clean", "preview"))
    if attachment.kind == "table":
        with open(source, "w", encoding="utf-8") as table:
            table.write(_table(attachment.seed))
        return File(file_id, attachment.name, "text/plain", os.path.getsize(source)), source, preview
    draw(attachment.kind, seed=attachment.seed, path=source)
    picture = prepare(source, clean, preview)
    with open(clean, "rb") as drawn:
        kind = media_type(drawn.read(4096))
    size = os.path.getsize(clean)
    file = File(file_id, attachment.name, kind, size, picture.width, picture.height, picture.preview)
    return file, clean, preview


def _table(seed: int) -> str:
    random = Random(seed)  # noqa: S311 - nothing of it is a secret
    rows = [f"{hour:02}:00,{random.uniform(-3, 28):.1f},{random.randint(30, 99)}" for hour in range(24)]
    return "\n".join(["hour,temperature,humidity", *rows]) + "\n"


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)

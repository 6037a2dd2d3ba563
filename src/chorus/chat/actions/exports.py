"""Taking data out as an archive: of the server, of a channel, or what is one's own. docs/export.md has the format.

    export = await exports.of_server(chat, by=account, origin=origin)
    await export.check()                        # may it begin now?
    async for part in await export.begin(): ...

Whoever asks gets what they may read on the page as well, and no more; everything, direct messages too, is for whoever
has the machine (`chorus admin export`).
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime

from chorus.chat.actions import limits
from chorus.chat.actions.audit import recorded
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.channels import Channel, ChannelKind, check_channel_id, check_named
from chorus.chat.domain.errors import Unavailable
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.sessions import Origin
from chorus.chat.export.archive import Archive
from chorus.chat.export.exporting import About, Manifest, Writing, export_account, export_channel, export_seen
from chorus.chat.export.pipe import Pipe
from chorus.chat.export.places import Place, Places

logger = logging.getLogger(__name__)


async def of_server(chat: Chat, *, by: Account, origin: Origin) -> "Export":
    """The accounts, invites and audit log, and the channels that this account may read, with their files.

    Raises:
        Forbidden: it is for owners and admins.
    """
    authorise(by, Act.EXPORT)
    return Export(chat, by, origin, "server as seen", "server", lambda writing: export_seen(writing, by))


async def of_channel(chat: Chat, *, by: Account, channel: int, origin: Origin) -> "Export":
    """A channel's log, files and people.

    Raises:
        NotFound: no such channel, or a private one that this account is not in.
        Forbidden: it is for owners and admins; or it is direct messages, which are in each person's own.
        DatabaseUnavailable.
    """
    authorise(by, Act.EXPORT)
    found = await chat.store.outside(check_channel_id(channel))
    if found.kind is not ChannelKind.PUBLIC:
        await chat.store.joined_channel(by.id, channel)
    check_named(found)
    return Export(chat, by, origin, "channel", found.name, lambda writing: export_channel(writing, found), found)


async def of_oneself(chat: Chat, *, by: Account, origin: Origin) -> "Export":
    """What this account wrote and uploaded anywhere, and its direct messages and groups whole.

    Raises:
        Forbidden: it is a bot's.
    """
    authorise(by, Act.EXPORT_OWN)
    return Export(chat, by, origin, "account", by.handle, lambda writing: export_account(writing, by))


class Export:
    """One that may be begun."""

    def __init__(
        self,
        chat: Chat,
        by: Account,
        origin: Origin,
        scope: str,
        title: str,
        make: Callable[[Writing], Awaitable[Manifest]],
        channel: Channel | None = None,
    ) -> None:
        self._chat = chat
        self._places = Places(chat.store, now=chat.now)
        self._by = by
        self._origin = origin
        self._scope = scope
        self._make = make
        self._channel = channel
        day = datetime.fromtimestamp(chat.now() / 1000, UTC).date().isoformat()
        self.name = f"chorus-{title}-{day}.zip"
        """What to call the file."""

    async def check(self) -> None:
        """Do nothing where it may begin now.

        Raises:
            TooMany: this account began too many, or has one on its way, or too many others have, on whatever instance.
        """
        async with limits.export(self._chat, by=self._by, counts=False):
            await self._places.check(self._by.id)

    async def begin(self) -> AsyncGenerator[bytes]:
        """The archive in parts, made as they are taken; the audit log says that it was begun.

        What fails while it is made is raised in place of a part: without its end, an archive cannot be read as a whole
        one.

        Raises:
            TooMany: as above.
            Unavailable: nothing was begun; try again.
        """
        async with limits.export(self._chat, by=self._by):
            parts = self._parts()
            return _with(await anext(parts), parts)

    async def _parts(self) -> AsyncGenerator[bytes]:
        async with self._places.take(self._by.id) as place:
            await self._record()
            pipe = Pipe()
            writing = asyncio.get_running_loop().create_task(self._write(pipe, place))
            writing.add_done_callback(lambda _: pipe.break_off())  # whatever it failed with, nobody waits for more
            try:
                async for part in pipe:
                    yield part
                await writing
            finally:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)

    async def _record(self) -> None:
        """Before the first part: who takes half of it has half of it."""
        record = recorded(
            self._chat,
            AuditAct.EXPORTED,
            by=self._by,
            origin=self._origin,
            account=self._by.id if self._scope == "account" else 0,
            channel=self._channel.id if self._channel else 0,
            details={"scope": self._scope},
        )
        await self._chat.store.record([record])

    async def _write(self, pipe: Pipe, place: Place) -> None:
        chat = self._chat

        async def pace() -> None:
            await place.keep()
            await pipe.drain()

        about = About(chat.settings.name, chat.settings.version, chat.now())
        try:
            with Archive(pipe) as archive:
                await self._make(Writing(chat.store, chat.blobs, archive, about, pace=pace))
            await pipe.end()
        except Unavailable as error:
            logger.warning("an export (%s) by account %d was cut off: %s", self._scope, self._by.id, error)
            raise


async def _with(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    try:
        yield first
        async for part in rest:
            yield part
    finally:
        await rest.aclose()

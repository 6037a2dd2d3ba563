"""A bot: it listens in its channels, and says what its handlers say.

    bot = Bot("http://127.0.0.1:3000", token)

    @bot.on_message
    async def greet(message: Message) -> None:
        if message.calls_me:
            await message.reply(f"Hello, {message.sender.name}!")

    asyncio.run(bot.run())

Handlers run one after the other, in the order of each channel's log. A connection that breaks and a server that is
restarted or killed cost nothing but time: the bot connects again and goes on after the last entry it took. With
`state`, a file, its next process goes on after the last entry that was handled.
"""

import asyncio
import inspect
import logging
import os
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec

from chorus.client import backoff, kept
from chorus.client.api import Api
from chorus.client.errors import ClientError, Unreachable
from chorus.client.live import Live
from chorus.client.message import Message, reaction_path
from chorus.client.positions import Positions
from chorus.client.shapes import Account, Bootstrap, Channel, Entry

logger = logging.getLogger("chorus.client")

_MessageHandler = Callable[[Message], Awaitable[None]]
_EntryHandler = Callable[[Entry], Awaitable[None]]
M = TypeVar("M", bound=_MessageHandler)
E = TypeVar("E", bound=_EntryHandler)


class Bot:
    """One bot, with one token."""

    def __init__(
        self, url: str | None = None, token: str | None = None, *, state: str | None = None, patience: float = 300.0
    ) -> None:
        """Remember where and who; nothing is connected yet.

        Args:
            url: the chat's address; `CHORUS_URL` where it is left out.
            token: the bot's, with the scope `read` and what its handlers need; `CHORUS_TOKEN` where it is left out.
            state: a file that remembers what was handled, for the next process.
            patience: seconds for which something to be sent is tried again while the server is away.

        Raises:
            ValueError: one of them is given nowhere.
        """
        self._url = url or os.environ.get("CHORUS_URL", "")
        self._token = token or os.environ.get("CHORUS_TOKEN", "")
        if not self._url or not self._token:
            raise ValueError(
                "a bot needs the chat's address and a token: as arguments, or in CHORUS_URL and CHORUS_TOKEN"
            )
        self._state = state
        self._api = Api(self._url, self._token, patience=patience)
        self._positions = Positions(kept.load(state) if state else None)
        self._on_message: list[_MessageHandler] = []
        self._on_entry: list[_EntryHandler] = []
        self._failures = 0
        self.me = Account(0, "", "", "bot")
        self.accounts: dict[int, Account] = {}
        """By id: everybody here; needs the scope `people`."""

        self.channels: dict[int, Channel] = {}
        """By id: the channels that the bot is in."""

        self.ready = asyncio.Event()
        """Set while the bot has heard everything there was."""

    def on_message(self, handler: M) -> M:
        """Have `await handler(message)` for each message of somebody else. For use as a decorator."""
        _check(handler)
        self._on_message.append(handler)
        return handler

    def on_entry(self, handler: E) -> E:
        """Have `await handler(entry)` for each entry of the logs: edits, reactions, one's own. As a decorator."""
        _check(handler)
        self._on_entry.append(handler)
        return handler

    async def run(self) -> None:
        """Listen until it is cancelled.

        Raises:
            ApiError: the token is revoked, or lacks the scope `read`.
        """
        try:
            while True:
                try:
                    await self._listen()
                except Unreachable as error:
                    pause = backoff.wait(self._failures, chance=random.random())  # noqa: S311 - not for secrets
                    self._failures += 1
                    logger.info("%s; connecting again in %.1f s", error, pause)
                    await asyncio.sleep(pause)
        finally:
            await self._api.close()

    async def send(
        self, channel: int | str | Channel, text: str, *, thread: int = 0, client_id: UUID | None = None
    ) -> Entry:
        """Say something in a channel, once, however often it has to be tried.

        Args:
            channel: its id, its name, or itself.
            text: Markdown.
            thread: the seq of the message that it replies to.
            client_id: of this message; the same again, at any time, is the same message.

        Raises:
            ApiError, Unreachable.
            KeyError: the bot is in no channel of that name.
        """
        body = {"client_id": client_id or uuid4(), "text": text, "thread": thread}
        return await self._api.ask("POST", f"/channels/{self._id_of(channel)}/messages", Entry, body)

    async def react(self, channel: int, seq: int, emoji: str) -> None:
        """React to a message with one emoji; again changes nothing.

        Raises:
            ApiError, Unreachable.
        """
        await self._api.ask("PUT", reaction_path(channel, seq, emoji), Entry)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask anything of the HTTP API that may be repeated, such as `await bot.ask("GET", "/search?q=hello")`.

        Raises:
            ApiError, Unreachable.
        """
        return await self._api.ask(method, path, object, body)

    async def _listen(self) -> None:
        """Connect, and handle what comes until the connection breaks."""
        told = await self._api.ask("GET", "/bootstrap", Bootstrap)
        self.me = told.account
        self.accounts = {account.id: account for account in told.accounts}
        self.channels = {channel.id: channel for channel in told.channels}
        self._positions.begin(told.channels)
        self._keep()
        live = await Live.open(self._url, {"token": self._token, "cursors": self._positions.taken})
        try:
            while True:
                event = await live.event()
                await self._take(event.name, event.payload)
        finally:
            self.ready.clear()
            live.close()

    async def _take(self, name: str, payload: Any) -> None:
        match name:
            case "entry":
                await self._handle(msgspec.convert(payload, Entry))
            case "caught_up":
                self._failures = 0
                self.ready.set()
            case "channel.joined":
                channel = msgspec.convert(payload["channel"], Channel)
                self.channels[channel.id] = channel
                self._positions.join(channel)
            case "channel.left":
                self.channels.pop(payload["channel"], None)
                self._positions.leave(payload["channel"])
            case "account.joined" | "account.changed":
                account = msgspec.convert(payload["account"], Account)
                self.accounts[account.id] = account
            case _:
                return

    async def _handle(self, entry: Entry) -> None:
        if not self._positions.takes(entry.channel, entry.seq):
            return
        for handler in self._on_entry:
            await self._try(handler(entry), entry)
        if entry.kind == "posted" and entry.sender != self.me.id:
            sender = self.accounts.get(entry.sender) or Account(entry.sender, "", "", "")
            for handler in self._on_message:
                message = Message(self, entry, sender, self.channels.get(entry.channel))
                await self._try(handler(message), entry)
        self._positions.handled(entry.channel, entry.seq)
        self._keep()

    def _keep(self) -> None:
        if self._state:
            kept.save(self._state, self._positions.kept)

    async def _try(self, handling: Awaitable[None], entry: Entry) -> None:
        try:
            await handling
        except ClientError as error:
            logger.error("entry %d of channel %d: %s", entry.seq, entry.channel, error)
        except Exception:  # a fault of one handler's: told, and the bot goes on with the next entry
            logger.exception("a handler failed on entry %d of channel %d", entry.seq, entry.channel)

    def _id_of(self, channel: int | str | Channel) -> int:
        if isinstance(channel, int):
            return channel
        if isinstance(channel, Channel):
            return channel.id
        name = channel.removeprefix("#")
        for each in self.channels.values():
            if each.name == name:
                return each.id
        raise KeyError(
            f"the bot is in no channel #{name}; it is in {', '.join(c.name for c in self.channels.values())}"
        )


def _check(handler: object) -> None:
    if not inspect.iscoroutinefunction(handler):
        raise TypeError(f"expected a function made with `async def`, found {handler!r}")

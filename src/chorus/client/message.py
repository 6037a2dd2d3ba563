"""A message as a bot's handler gets it."""

from typing import Protocol
from urllib.parse import quote
from uuid import UUID, uuid5

from chorus.client.shapes import Account, Channel, Entry

_REPLIES = UUID("0f7dbd5c-1a3e-4f0e-8a4e-52f3ad3c9a6d")
"""The namespace of client ids that are made of what is replied to."""


class Sender(Protocol):
    """What a message needs of its bot."""

    me: Account

    async def send(
        self, channel: int | str | Channel, text: str, *, thread: int = 0, client_id: UUID | None = None
    ) -> Entry:
        """Say something."""
        ...

    async def react(self, channel: int, seq: int, emoji: str) -> None:
        """React."""
        ...


class Message:
    """Somebody else's message in a channel that the bot is in."""

    def __init__(self, bot: Sender, entry: Entry, sender: Account, channel: Channel | None) -> None:
        self._bot = bot
        self._replies = 0
        self.entry = entry
        self.sender = sender
        """Who said it; without the scope `people`, only the id is known."""

        self.channel = channel
        """Where; None when the bot left meanwhile."""

    @property
    def text(self) -> str:
        """What was said, in Markdown."""
        return self.entry.text

    @property
    def calls_me(self) -> bool:
        """Whether it mentions the bot."""
        return self._bot.me.id in self.entry.mentions

    async def reply(self, text: str, *, in_thread: bool = False) -> Entry:
        """Answer in the channel, in the thread that the message is in, or with `in_thread` in one of its own.

        The client id is made of the message and of how many replies its handler gave before. So a handler that runs
        again, because the process was killed in the middle, says nothing twice.

        Raises:
            ApiError, Unreachable.
        """
        self._replies += 1
        entry = self.entry
        client_id = uuid5(_REPLIES, f"{self._bot.me.id} {entry.channel} {entry.seq} {self._replies}")
        thread = entry.thread or (entry.seq if in_thread else 0)
        return await self._bot.send(entry.channel, text, thread=thread, client_id=client_id)

    async def react(self, emoji: str) -> None:
        """React with one emoji; again changes nothing.

        Raises:
            ApiError, Unreachable.
        """
        await self._bot.react(self.entry.channel, self.entry.seq, emoji)


def reaction_path(channel: int, seq: int, emoji: str) -> str:
    """Where a reaction is put."""
    return f"/channels/{channel}/messages/{seq}/reactions/{quote(emoji, safe='')}"

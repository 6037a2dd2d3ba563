"""What the chat asks of its database for bots, webhooks and commands: `store.integrations`.

As everywhere in the store, `at` is wall time in milliseconds since 1970, and every method may raise
DatabaseUnavailable.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import Record
from chorus.chat.domain.bots import Bot, BotToken
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.commands import Command
from chorus.chat.domain.entries import Entry
from chorus.chat.domain.incoming import IncomingWebhook
from chorus.chat.domain.outgoing import OutgoingWebhook
from chorus.chat.domain.sessions import Session


class KnownToken(msgspec.Struct, frozen=True):
    """A bot's token, and what it is compared with."""

    session: Session
    """With the bot's account as it acts by this token."""

    secret_hash: bytes


class KnownWebhook(msgspec.Struct, frozen=True):
    """An incoming webhook, who speaks by it, and what its secret is compared with."""

    webhook: IncomingWebhook
    bot: Account
    secret_hash: bytes


class DeliveryKey(msgspec.Struct, frozen=True):
    """Which message, to which webhook."""

    webhook: str
    channel: int
    seq: int


class Delivery(msgspec.Struct, frozen=True):
    """A message that is to be told to a webhook."""

    key: DeliveryKey
    webhook: OutgoingWebhook
    secret: str
    bot: Account
    channel: Channel
    """As the bot sees it."""

    sender: Account
    entry: Entry
    """In its present state."""

    word: str
    """What it begins with; "" where nothing was asked for."""

    attempt: int
    """From 1 on."""


class KnownCommand(msgspec.Struct, frozen=True):
    """A command, who answers, and what its calls are signed with."""

    command: Command
    bot: Account
    url: str
    secret: str


class IntegrationStore(Protocol):
    """Programs that take part. `audit` is written in the transaction that does what it tells of."""

    async def create_bot(self, *, handle: str, name: str, at: int, audit: Sequence[Record] = ()) -> Account:
        """Make a bot that is in no channel; Conflict when the handle is taken, or there are too many."""
        ...

    async def bots(self) -> Sequence[Bot]:
        """All bots, by id, deactivated ones too, with what is known of their tokens."""
        ...

    async def create_token(self, token: BotToken, *, secret_hash: bytes, audit: Sequence[Record] = ()) -> None:
        """Keep a token; NotFound when there is no such bot in use, Conflict when it has too many."""
        ...

    async def end_token(self, account_id: int, token_id: str, *, audit: Sequence[Record] = ()) -> bool:
        """Forget a token of this bot; says whether there was one."""
        ...

    async def token(self, token_id: str) -> KnownToken | None:
        """The token with this id, unless it was revoked or its bot is deactivated."""
        ...

    async def create_incoming(
        self, webhook: IncomingWebhook, *, secret_hash: bytes, audit: Sequence[Record] = ()
    ) -> Channel:
        """Keep a webhook, and have its maker add the bot to its channel: both, or nothing.

        Gives the channel as its maker sees it. NotFound when there is no such bot in use, or the maker is not in the
        channel; Conflict when there are too many.
        """
        ...

    async def incoming(self) -> Sequence[IncomingWebhook]:
        """All incoming webhooks, the oldest first."""
        ...

    async def find_incoming(self, webhook_id: str) -> KnownWebhook | None:
        """The webhook with this id, unless it was taken away or its bot is deactivated."""
        ...

    async def delete_incoming(self, webhook_id: str, *, audit: Sequence[Record] = ()) -> bool:
        """Forget a webhook; says whether there was one."""
        ...

    async def create_outgoing(
        self, webhook: OutgoingWebhook, *, secret: str, audit: Sequence[Record] = ()
    ) -> Channel | None:
        """As `create_incoming`; None for a webhook without a channel, whose bot is added to none."""
        ...

    async def outgoing(self) -> Sequence[OutgoingWebhook]:
        """All outgoing webhooks, the oldest first."""
        ...

    async def delete_outgoing(self, webhook_id: str, *, audit: Sequence[Record] = ()) -> bool:
        """Forget a webhook, and what waits for it; says whether there was one."""
        ...

    async def has_outgoing(self) -> bool:
        """Whether there is an outgoing webhook."""
        ...

    async def take_in(self) -> int:
        """Look at the next lines of the logs, and keep what is to be told to webhooks.

        What people post is told, from the moment at which the webhook is there and its bot in the channel. Returns in
        how many channels it went on; 0 means that all was looked at, or that another instance is at it.
        """
        ...

    async def next_due(self, *, at: int, exclude: Collection[str] = ()) -> int | None:
        """When the next delivery is due, but for those to these webhooks; None: nothing waits.

        `at` for one that was put off further ahead than anything is (`domain/outgoing.py`): the clock was set back.
        """
        ...

    async def claim(self, *, at: int, until: int, limit: int, exclude: Collection[str] = ()) -> Sequence[Delivery]:
        """Take deliveries that are due at `at` as in `next_due`; until `until` no other instance takes them."""
        ...

    async def delivered(self, key: DeliveryKey) -> None:
        """The delivery was taken."""
        ...

    async def put_off(self, key: DeliveryKey, *, due_at: int | None, at: int, trouble: str) -> None:
        """It was not, for the reason `trouble`: it is due again then, or for None given up and counted."""
        ...

    async def create_command(
        self, command: Command, *, url: str, secret: str, by: int, at: int, audit: Sequence[Record] = ()
    ) -> None:
        """Keep a command; NotFound when there is no such bot in use, Conflict when the name is taken or there are too
        many.
        """
        ...

    async def commands(self) -> Sequence[Command]:
        """All commands whose bot is in use, by name."""
        ...

    async def command(self, name: str) -> KnownCommand | None:
        """The command of this name, unless its bot is deactivated."""
        ...

    async def delete_command(self, name: str, *, audit: Sequence[Record] = ()) -> bool:
        """Forget a command; says whether there was one."""
        ...

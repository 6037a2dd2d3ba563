"""What the chat asks of its database for bots, webhooks and commands: `store.integrations`.

As everywhere in the store, `at` is wall time in milliseconds since 1970, and every method may raise
DatabaseUnavailable.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.bots import Bot, BotToken
from chorus.chat.domain.incoming import IncomingWebhook
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


class IntegrationStore(Protocol):
    """A part of the store."""

    async def create_bot(self, *, handle: str, name: str, at: int) -> Account:
        """Make a bot that is in no channel; Conflict when the handle is taken, or there are too many."""
        ...

    async def bots(self) -> Sequence[Bot]:
        """All bots, by id, deactivated ones too, with what is known of their tokens."""
        ...

    async def create_token(self, token: BotToken, *, secret_hash: bytes) -> None:
        """Keep a token; NotFound when there is no such bot in use, Conflict when it has too many."""
        ...

    async def end_token(self, account_id: int, token_id: str) -> bool:
        """Forget a token of this bot; says whether there was one."""
        ...

    async def token(self, token_id: str) -> KnownToken | None:
        """The token with this id, unless it was revoked or its bot is deactivated."""
        ...

    async def create_incoming(self, webhook: IncomingWebhook, *, secret_hash: bytes) -> None:
        """Keep a webhook; NotFound when there is no such bot in use, Conflict when there are too many."""
        ...

    async def incoming(self) -> Sequence[IncomingWebhook]:
        """All incoming webhooks, the oldest first."""
        ...

    async def find_incoming(self, webhook_id: str) -> KnownWebhook | None:
        """The webhook with this id, unless it was taken away or its bot is deactivated."""
        ...

    async def delete_incoming(self, webhook_id: str) -> bool:
        """Forget a webhook; says whether there was one."""
        ...

# ruff: noqa: D102 - what the methods promise is written once, in contract/integrations.py
"""Bots, webhooks and commands on any database that speaks SQL."""

from collections.abc import Sequence

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import Record
from chorus.chat.domain.bots import BotToken
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.commands import Command
from chorus.chat.domain.incoming import IncomingWebhook
from chorus.chat.domain.outgoing import OutgoingWebhook
from chorus.chat.storage.contract.integrations import KnownToken
from chorus.chat.storage.queries.bots import create_bot, create_token, end_token, find_tokens, list_bots
from chorus.chat.storage.queries.commands import create_command, delete_command, find_command, list_commands
from chorus.chat.storage.queries.incoming import create_incoming, delete_incoming, find_incoming, list_incoming
from chorus.chat.storage.queries.outgoing import (
    claim,
    create_outgoing,
    delete_outgoing,
    delivered,
    has_outgoing,
    is_behind,
    list_outgoing,
    next_due,
    put_off,
    take_in,
)
from chorus.chat.storage.transactions import Transactions, reading, writing


class SqlIntegrationStore(Transactions):
    """Implements `contract.integrations.IntegrationStore`; what the methods promise is written there."""

    bots = reading(list_bots, snapshot=True)
    incoming = reading(list_incoming)
    find_incoming = reading(find_incoming)
    outgoing = reading(list_outgoing)
    has_outgoing = reading(has_outgoing)
    next_due = reading(next_due)
    claim = writing(claim)
    delivered = writing(delivered)
    put_off = writing(put_off)
    commands = reading(list_commands)
    command = reading(find_command)

    async def create_bot(self, *, handle: str, name: str, at: int, audit: Sequence[Record] = ()) -> Account:
        return await self.write_and_record(lambda c: create_bot(c, handle=handle, name=name, at=at), audit)

    async def create_token(self, token: BotToken, *, secret_hash: bytes, audit: Sequence[Record] = ()) -> None:
        await self.write_and_record(lambda c: create_token(c, token, secret_hash), audit)

    async def end_token(self, account_id: int, token_id: str, *, audit: Sequence[Record] = ()) -> bool:
        return await self.write_and_record(lambda c: end_token(c, account_id, token_id), audit)

    async def token(self, token_id: str) -> KnownToken | None:
        return await self.database.read(lambda c: find_tokens(c, [token_id]).get(token_id))

    async def create_incoming(
        self, webhook: IncomingWebhook, *, secret_hash: bytes, audit: Sequence[Record] = ()
    ) -> Channel:
        return await self.write_and_record(lambda c: create_incoming(c, webhook, secret_hash), audit)

    async def delete_incoming(self, webhook_id: str, *, audit: Sequence[Record] = ()) -> bool:
        return await self.write_and_record(lambda c: delete_incoming(c, webhook_id), audit)

    async def create_outgoing(
        self, webhook: OutgoingWebhook, *, secret: str, audit: Sequence[Record] = ()
    ) -> Channel | None:
        return await self.write_and_record(lambda c: create_outgoing(c, webhook, secret), audit)

    async def delete_outgoing(self, webhook_id: str, *, audit: Sequence[Record] = ()) -> bool:
        return await self.write_and_record(lambda c: delete_outgoing(c, webhook_id), audit)

    async def take_in(self) -> int:
        """Look first: where nothing is to be told, nothing is written."""
        if not await self.database.read(is_behind):
            return 0
        return await self.database.write(take_in)

    async def create_command(
        self, command: Command, *, url: str, secret: str, by: int, at: int, audit: Sequence[Record] = ()
    ) -> None:
        await self.write_and_record(lambda c: create_command(c, command, url, secret, by=by, at=at), audit)

    async def delete_command(self, name: str, *, audit: Sequence[Record] = ()) -> bool:
        return await self.write_and_record(lambda c: delete_command(c, name), audit)

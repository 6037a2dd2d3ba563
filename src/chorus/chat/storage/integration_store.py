# ruff: noqa: D102 - what the methods promise is written once, in integration_contract.py
"""Bots, webhooks and commands on any database that speaks SQL."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import Record
from chorus.chat.domain.bots import Bot, BotToken
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.commands import Command
from chorus.chat.domain.incoming import IncomingWebhook
from chorus.chat.domain.outgoing import OutgoingWebhook
from chorus.chat.storage.database import Database, Work
from chorus.chat.storage.integration_contract import (
    Delivery,
    DeliveryKey,
    KnownCommand,
    KnownToken,
    KnownWebhook,
)
from chorus.chat.storage.queries import bots, commands, incoming, outgoing
from chorus.chat.storage.queries.audit import record

T = TypeVar("T")


class SqlIntegrationStore:
    """Implements `integration_contract.IntegrationStore`; what the methods promise is written there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_bot(self, *, handle: str, name: str, at: int, audit: Sequence[Record] = ()) -> Account:
        return await self._write(lambda c: bots.create_bot(c, handle=handle, name=name, at=at), audit)

    async def bots(self) -> Sequence[Bot]:
        return await self._database.read(bots.list_bots, snapshot=True)

    async def create_token(self, token: BotToken, *, secret_hash: bytes, audit: Sequence[Record] = ()) -> None:
        await self._write(lambda c: bots.create_token(c, token, secret_hash), audit)

    async def end_token(self, account_id: int, token_id: str, *, audit: Sequence[Record] = ()) -> bool:
        return await self._write(lambda c: bots.end_token(c, account_id, token_id), audit)

    async def token(self, token_id: str) -> KnownToken | None:
        return await self._database.read(lambda c: bots.find_tokens(c, [token_id]).get(token_id))

    async def create_incoming(
        self, webhook: IncomingWebhook, *, secret_hash: bytes, audit: Sequence[Record] = ()
    ) -> Channel:
        return await self._write(lambda c: incoming.create_incoming(c, webhook, secret_hash), audit)

    async def incoming(self) -> Sequence[IncomingWebhook]:
        return await self._database.read(incoming.list_incoming)

    async def find_incoming(self, webhook_id: str) -> KnownWebhook | None:
        return await self._database.read(lambda c: incoming.find_incoming(c, webhook_id))

    async def delete_incoming(self, webhook_id: str, *, audit: Sequence[Record] = ()) -> bool:
        return await self._write(lambda c: incoming.delete_incoming(c, webhook_id), audit)

    async def create_outgoing(
        self, webhook: OutgoingWebhook, *, secret: str, audit: Sequence[Record] = ()
    ) -> Channel | None:
        return await self._write(lambda c: outgoing.create_outgoing(c, webhook, secret), audit)

    async def outgoing(self) -> Sequence[OutgoingWebhook]:
        return await self._database.read(outgoing.list_outgoing)

    async def delete_outgoing(self, webhook_id: str, *, audit: Sequence[Record] = ()) -> bool:
        return await self._write(lambda c: outgoing.delete_outgoing(c, webhook_id), audit)

    async def take_in(self) -> int:
        """Look first: where nothing is to be told, nothing is written."""
        if not await self._database.read(outgoing.is_behind):
            return 0
        return await self._database.write(outgoing.take_in)

    async def next_due(self, *, exclude: Collection[str] = ()) -> int | None:
        return await self._database.read(lambda c: outgoing.next_due(c, exclude))

    async def claim(self, *, at: int, until: int, limit: int, exclude: Collection[str] = ()) -> Sequence[Delivery]:
        return await self._database.write(lambda c: outgoing.claim(c, at=at, until=until, limit=limit, exclude=exclude))

    async def delivered(self, key: DeliveryKey) -> None:
        await self._database.write(lambda c: outgoing.delivered(c, key))

    async def put_off(self, key: DeliveryKey, *, due_at: int | None, at: int, trouble: str) -> None:
        await self._database.write(lambda c: outgoing.put_off(c, key, due_at=due_at, at=at, trouble=trouble))

    async def create_command(
        self, command: Command, *, url: str, secret: str, by: int, at: int, audit: Sequence[Record] = ()
    ) -> None:
        await self._write(lambda c: commands.create_command(c, command, url, secret, by=by, at=at), audit)

    async def commands(self) -> Sequence[Command]:
        return await self._database.read(commands.list_commands)

    async def command(self, name: str) -> KnownCommand | None:
        return await self._database.read(lambda c: commands.find_command(c, name))

    async def delete_command(self, name: str, *, audit: Sequence[Record] = ()) -> bool:
        return await self._write(lambda c: commands.delete_command(c, name), audit)

    async def _write(self, work: Work[T], audit: Sequence[Record]) -> T:
        """Do it and say so in one transaction; what found nothing to do (False) is not said."""

        def both(connection: Connection) -> T:
            done = work(connection)
            nothing = isinstance(done, bool) and not done
            record(connection, () if nothing else audit)
            return done

        return await self._database.write(both)

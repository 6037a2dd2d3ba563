# ruff: noqa: D102 - what the methods promise is written once, in integration_contract.py
"""Bots, webhooks and commands on any database that speaks SQL."""

from collections.abc import Sequence

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.bots import Bot, BotToken
from chorus.chat.domain.incoming import IncomingWebhook
from chorus.chat.storage.database import Database
from chorus.chat.storage.integration_contract import KnownToken, KnownWebhook
from chorus.chat.storage.queries import bots, incoming


class SqlIntegrationStore:
    """Implements `integration_contract.IntegrationStore`; what the methods promise is written there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_bot(self, *, handle: str, name: str, at: int) -> Account:
        return await self._database.write(lambda c: bots.create_bot(c, handle=handle, name=name, at=at))

    async def bots(self) -> Sequence[Bot]:
        return await self._database.read(bots.list_bots, snapshot=True)

    async def create_token(self, token: BotToken, *, secret_hash: bytes) -> None:
        await self._database.write(lambda c: bots.create_token(c, token, secret_hash))

    async def end_token(self, account_id: int, token_id: str) -> bool:
        return await self._database.write(lambda c: bots.end_token(c, account_id, token_id))

    async def token(self, token_id: str) -> KnownToken | None:
        return await self._database.read(lambda c: bots.find_tokens(c, [token_id]).get(token_id))

    async def create_incoming(self, webhook: IncomingWebhook, *, secret_hash: bytes) -> None:
        await self._database.write(lambda c: incoming.create_incoming(c, webhook, secret_hash))

    async def incoming(self) -> Sequence[IncomingWebhook]:
        return await self._database.read(incoming.list_incoming)

    async def find_incoming(self, webhook_id: str) -> KnownWebhook | None:
        return await self._database.read(lambda c: incoming.find_incoming(c, webhook_id))

    async def delete_incoming(self, webhook_id: str) -> bool:
        return await self._database.write(lambda c: incoming.delete_incoming(c, webhook_id))

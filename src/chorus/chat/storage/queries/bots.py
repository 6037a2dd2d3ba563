"""Bots and their tokens: one row a token; a revoked one has none."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.bots import MOST_BOTS, MOST_TOKENS, Bot, BotToken
from chorus.chat.domain.errors import Conflict, NotFound
from chorus.chat.domain.scopes import Scope
from chorus.chat.domain.sessions import NEVER, Session
from chorus.chat.storage.among import among
from chorus.chat.storage.contract.integrations import KnownToken
from chorus.chat.storage.queries import accounts as account_queries
from chorus.chat.storage.schema import accounts, server, tokens
from chorus.chat.storage.schema_version import require_code

_ACCOUNT = len(account_queries.COLUMNS)

_columns = (tokens.c.id, tokens.c.account_id, tokens.c.name, tokens.c.scopes, tokens.c.created_at)
_is_bot = accounts.c.role == Role.BOT.value
_in_use = accounts.c.deactivated_at.is_(None)

_known = (
    select(
        *account_queries.COLUMNS,
        tokens.c.scopes,
        tokens.c.secret_hash,
        tokens.c.id,
        select(server.c.oldest_code).scalar_subquery(),  # here, because every request of a bot comes by
    )
    .join_from(tokens, accounts, tokens.c.account_id == accounts.c.id)
    .where(among(tokens.c.id, "ids"), _in_use)
)
_scopes = msgspec.json.Decoder(tuple[str, ...])


def create_bot(connection: Connection, *, handle: str, name: str, at: int) -> Account:
    """Make an account that no password opens."""
    lock_integrations(connection)
    found = connection.execute(select(func.count()).select_from(accounts).where(_is_bot, _in_use)).scalar_one()
    if found >= MOST_BOTS:
        raise Conflict(f"There are {found} bots, which is the most; deactivate one first")
    made = account_queries.create_account(connection, handle=handle, name=name, password_hash="", at=at, role=Role.BOT)
    return made.account


def list_bots(connection: Connection) -> Sequence[Bot]:
    """All bots, by id, each with its tokens, the oldest first."""
    of: dict[int, list[BotToken]] = {}
    for row in connection.execute(select(*_columns).order_by(tokens.c.created_at, tokens.c.id)):
        of.setdefault(row[1], []).append(_token_of(row))
    found = connection.execute(select(*account_queries.COLUMNS).where(_is_bot).order_by(accounts.c.id))
    return [Bot(account_queries.account_of(row), tuple(of.get(row[0], ()))) for row in found]


def lock_integrations(connection: Connection) -> None:
    """Hold the server's row until the transaction ends, so that what is bounded on a server is counted rightly."""
    connection.execute(select(server.c.owner_id).with_for_update())


def require_bot(connection: Connection, account_id: int) -> None:
    """Hold the row of a bot's account until the transaction ends; NotFound when there is no such bot in use."""
    bot = select(accounts.c.id).where(accounts.c.id == account_id, _is_bot, _in_use).with_for_update()
    if connection.scalar(bot) is None:
        raise NotFound(f"There is no bot {account_id}, or it is deactivated")


def create_token(connection: Connection, token: BotToken, secret_hash: bytes) -> None:
    """Keep a token; the bot's row is locked, so they are counted rightly."""
    require_bot(connection, token.bot)
    theirs = select(func.count()).select_from(tokens).where(tokens.c.account_id == token.bot)
    if connection.execute(theirs).scalar_one() >= MOST_TOKENS:
        raise Conflict(f"The bot has {MOST_TOKENS} tokens, which is the most; revoke one first")
    connection.execute(
        insert(tokens).values(
            id=token.id,
            account_id=token.bot,
            secret_hash=secret_hash,
            name=token.name,
            scopes=msgspec.json.encode(token.scopes).decode(),
            created_at=token.created_at,
        )
    )


def find_tokens(connection: Connection, token_ids: Collection[str]) -> dict[str, KnownToken]:
    """Those of these tokens that there are, each with the bot that it stands for as it acts by it.

    Raises:
        Outdated: a newer version keeps this one away.
    """
    return {row[_ACCOUNT + 2]: _known_token(row) for row in connection.execute(_known, {"ids": token_ids})}


def end_token(connection: Connection, account_id: int, token_id: str) -> bool:
    """Forget a token of this bot; says whether there was one."""
    theirs = delete(tokens).where(tokens.c.id == token_id, tokens.c.account_id == account_id)
    return connection.execute(theirs).rowcount > 0


def _known_token(row: Sequence[Any]) -> KnownToken:
    require_code(row[_ACCOUNT + 3])
    account = msgspec.structs.replace(account_queries.account_of(row), scopes=_scopes_of(row[_ACCOUNT]))
    return KnownToken(Session(row[_ACCOUNT + 2], account, NEVER), row[_ACCOUNT + 1])


def _token_of(row: Sequence[Any]) -> BotToken:
    return BotToken(row[0], row[1], row[2], _scopes_of(row[3]), row[4])


def _scopes_of(packed: str) -> tuple[Scope, ...]:
    """Those that this version knows: a newer one beside it may have given others."""
    return tuple(Scope(each) for each in _scopes.decode(packed) if each in set(Scope))

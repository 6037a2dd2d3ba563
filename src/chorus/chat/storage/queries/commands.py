"""Slash commands of bots: one row each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from chorus.chat.domain.commands import MOST_COMMANDS, Command
from chorus.chat.domain.errors import Conflict
from chorus.chat.storage.contract.integrations import KnownCommand
from chorus.chat.storage.queries import accounts as account_queries
from chorus.chat.storage.queries.bots import lock_integrations, require_bot
from chorus.chat.storage.schema import accounts, commands

_columns = (commands.c.name, commands.c.hint, commands.c.description, commands.c.account_id)
_in_use = accounts.c.deactivated_at.is_(None)


def create_command(connection: Connection, command: Command, url: str, secret: str, *, by: int, at: int) -> None:
    """Keep a command."""
    lock_integrations(connection)
    require_bot(connection, command.bot)
    if connection.execute(select(func.count()).select_from(commands)).scalar_one() >= MOST_COMMANDS:
        raise Conflict(f"There are {MOST_COMMANDS} commands, which is the most; take one away first")
    values = {
        "name": command.name,
        "account_id": command.bot,
        "url": url,
        "description": command.description,
        "hint": command.hint,
        "secret": secret,
        "creator_id": by,
        "created_at": at,
    }
    try:
        connection.execute(insert(commands).values(values))
    except IntegrityError as error:
        raise Conflict(f"name: /{command.name} exists already") from error


def list_commands(connection: Connection) -> Sequence[Command]:
    """Those whose bot is in use, by name."""
    rows = connection.execute(
        select(*_columns)
        .join(accounts, accounts.c.id == commands.c.account_id)
        .where(_in_use)
        .order_by(commands.c.name)
    )
    return [_command_of(row) for row in rows]


def find_command(connection: Connection, name: str) -> KnownCommand | None:
    """One whose bot is in use."""
    row = connection.execute(
        select(*account_queries.COLUMNS, commands.c.url, commands.c.secret, *_columns)
        .join_from(commands, accounts, accounts.c.id == commands.c.account_id)
        .where(commands.c.name == name, _in_use)
    ).first()
    if row is None:
        return None
    own = len(account_queries.COLUMNS)
    return KnownCommand(_command_of(row[own + 2 :]), account_queries.account_of(row), row[own], row[own + 1])


def delete_command(connection: Connection, name: str) -> bool:
    """Forget one; says whether there was one."""
    return connection.execute(delete(commands).where(commands.c.name == name)).rowcount > 0


def _command_of(row: Sequence[Any]) -> Command:
    return Command(row[0], row[1], row[2], row[3])

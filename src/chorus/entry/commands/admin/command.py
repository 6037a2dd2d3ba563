"""`chorus admin WHAT`: finds out what is meant, and does it before an open database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from chorus.chat.domain.errors import ChatError
from chorus.cluster.cli.failure import OK, CommandFailed, nearest, usage
from chorus.cluster.cli.product import Context
from chorus.entry.commands.admin import accounts, audit, export, invites, stats
from chorus.entry.commands.admin.desk import Desk
from chorus.entry.commands.chat_database import open_database, read_settings


class _Errand(NamedTuple):
    do: Callable[..., Awaitable[None]]
    operands: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


_ERRANDS: Final = {
    "create-owner": _Errand(accounts.create_owner, ("HANDLE",), ("name", "password")),
    "reset-password": _Errand(accounts.reset_password, ("HANDLE",), ("password", "yes")),
    "deactivate": _Errand(accounts.deactivate, ("HANDLE",), ("yes",)),
    "reactivate": _Errand(accounts.reactivate, ("HANDLE",)),
    "role": _Errand(accounts.role, ("HANDLE", "ROLE")),
    "invite": _Errand(invites.invite, (), ("role", "days", "most")),
    "export": _Errand(export.export, ("FILE",), ("account", "direct")),
    "stats": _Errand(stats.stats),
    "audit": _Errand(audit.audit, (), ("act", "account", "since", "lines")),
}


def run(context: Context) -> int:
    """Do what the words after `admin` say."""
    arguments = context.arguments
    name, *operands = arguments.operands
    errand = _ERRANDS.get(name)
    if errand is None:
        near = nearest(name, list(_ERRANDS))
        hint = f"Did you mean chorus admin {near}?" if near else f"Known: {', '.join(_ERRANDS)}"
        raise usage(f'admin: unknown "{name}"', hint)
    if len(operands) != len(errand.operands):
        raise usage(f"Usage: chorus admin {' '.join((name, *errand.operands))} [OPTIONS]")
    for option in context.command.options:
        if arguments.given(option.name) and option.name not in (*errand.options, "json"):
            raise usage(f"admin {name}: takes no {option.long}")
    asyncio.run(_do(context, errand, operands))
    return OK


async def _do(context: Context, errand: _Errand, operands: list[str]) -> None:
    settings = read_settings(context)
    try:
        async with open_database(settings) as store:
            await errand.do(Desk(context, settings, store), *operands)
    except ChatError as error:
        raise CommandFailed(str(error)) from error

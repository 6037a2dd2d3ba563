"""What each of the administrative commands works with."""

import getpass
import os
import socket
import time
from collections.abc import Mapping

import msgspec

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import OPERATOR, AuditAct, Record
from chorus.chat.storage.contract import Store
from chorus.cluster.cli.failure import CommandFailed, nearest
from chorus.cluster.cli.product import Context
from chorus.entry.settings import Settings


class Desk:
    """An operator before an open database."""

    def __init__(self, context: Context, settings: Settings, store: Store) -> None:
        self.context = context
        self.settings = settings
        self.store = store

    def now(self) -> int:
        """Wall time, milliseconds since 1970."""
        return int(time.time() * 1000)

    @property
    def moving(self) -> bool:
        """Whether somebody watches at a terminal."""
        return self.context.terminal.moving

    def answer(self, text: str, told: object) -> None:
        """Say how it went: a line for people or, with --json, `told`."""
        terminal = self.context.terminal
        terminal.say(msgspec.json.encode(told).decode() if self.context.arguments.given("json") else text)

    async def account(self, handle: str) -> Account:
        """Whose handle this is.

        Raises:
            CommandFailed: nobody's; the detail has one like it.
        """
        found = await self.store.credentials(handle.removeprefix("@"))
        if found is not None:
            return found.account
        handles = [each.handle for each in await self.store.accounts()]
        near = nearest(handle, handles)
        raise CommandFailed(f'there is no account "{handle}"', [f"Did you mean {near}?"] if near else [])

    def record(
        self, act: AuditAct, *, account: int = 0, details: Mapping[str, str | int | bool | None] | None = None
    ) -> Record:
        """A line for the audit log that says that the operator does this now, and as which user of which machine."""
        return Record(act.value, self.now(), OPERATOR, account, 0, details or {}, _place())


def _place() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"

"""`chorus demo`: fills a database with a believable team."""

import asyncio
import secrets
import time
from typing import Any, Final

import msgspec

from chorus.chat.actions.passwords import Passwords
from chorus.chat.demo.filling import Filled, fill
from chorus.chat.demo.people import MOST, Person
from chorus.chat.demo.script import Size, write
from chorus.chat.domain.accounts import check_password
from chorus.chat.domain.errors import ChatError
from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.product import Context
from chorus.entry.commands.chat_database import open_database, open_files, read_settings
from chorus.entry.commands.confirmation import confirm
from chorus.entry.settings import Settings

_SHOWN: Final = 5
"""People who are named at the end."""


class Demo(msgspec.Struct, frozen=True):
    """What was made, and who may sign in."""

    seed: int
    password: str
    """Of everybody."""

    owner: str
    people: list[str]
    """Handles, the owner's first."""

    made: Filled
    seconds: float


def run(context: Context) -> int:
    """Fill the database."""
    arguments = context.arguments
    size = Size(
        people=arguments.number("people", 100, least=2, most=MOST),
        channels=arguments.number("channels", 20, least=1, most=200),
        messages=arguments.number("messages", 50_000, least=1, most=2_000_000),
    )
    seed = arguments.number("seed", 1, least=0, most=2**31)
    password = arguments.text("password") or secrets.token_urlsafe(9)
    try:
        check_password(password)
    except ChatError as error:
        raise CommandFailed(f"--{error}") from error
    demo = asyncio.run(_fill(context, read_settings(context), size, seed=seed, password=password))
    if arguments.given("json"):
        context.terminal.say(msgspec.json.encode(demo).decode())
        return OK
    made = demo.made
    context.terminal.say(
        f"{made.accounts} people, {made.channels} channels, {made.conversations} conversations, "
        f"{made.messages} messages, {made.changes} reactions and other changes, {made.files} files; "
        f"{demo.seconds:.0f} s"
    )
    context.terminal.say(f"Sign in as {demo.owner}, who owns the server, or as {', '.join(demo.people[1:_SHOWN])} …")
    context.terminal.say(f"Everybody's password: {password}")
    return OK


async def _fill(context: Context, settings: Settings, size: Size, *, seed: int, password: str) -> Demo:
    began = time.monotonic()
    shown = _Shown(context)
    async with open_database(settings) as store:
        if await store.has_accounts():
            if not context.arguments.given("erase"):
                raise CommandFailed(
                    "there are people in this database already",
                    ["To take everything out of it first: chorus demo --erase", "Or name another: DATABASE_URL"],
                )
            confirm(context, f"Erase all accounts, channels and messages of {settings.name}?")
            await store.erase()
        shown("script", 0, 1)
        script = write(size, seed=seed, until=int(time.time() * 1000))
        passwords = Passwords()
        hashed = await passwords.hash(password)
        passwords.close()
        filled = await fill(store, open_files(settings, to_write=True), script, password_hash=hashed, progress=shown)
    people: list[Person] = script.people
    return Demo(
        seed, password, people[0].handle, [each.handle for each in people], filled, round(time.monotonic() - began, 1)
    )


class _Shown:
    """Progress: moving on a terminal, else a line for each part that is done."""

    def __init__(self, context: Context) -> None:
        self._terminal: Any = context.terminal

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._terminal.moving or done == total:
            self._terminal.progress(what, done, total)

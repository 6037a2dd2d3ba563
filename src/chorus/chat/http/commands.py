"""`/commands`: what can be typed after a slash."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from chorus.chat.access.numbers import Id, Seq
from chorus.chat.actions import commands
from chorus.chat.actions.commands import CommandMade, CommandRun
from chorus.chat.domain.commands import Command
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals


class NewCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command to be made."""

    name: str
    """What is typed after the slash: 1 to 32 letters, digits, dashes or underscores."""

    bot: Id
    """Who answers."""

    url: str
    """What is called: https, or http in a network that the operator lists."""

    hint: str = ""
    """Of what is typed after the name; at most 100 characters."""

    description: str = ""
    """At most 100 characters."""


class TypedCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody typed."""

    client_id: UUID
    """Made by whoever typed it; sent again, it says nothing twice."""

    text: str
    """A slash, the name, and what follows it."""

    thread: Seq = 0
    """The seq of the message in whose thread it was typed; 0: none."""


@get("/commands", operation_id="listCommands", summary="What can be typed after a slash", tags=["integrations"],
     security=SIGNED_IN, responses=refusals("unauthenticated", "forbidden"))  # fmt: skip
async def list_commands(session: GivenSession, chat: GivenChat) -> Sequence[Command]:
    """Return the commands, by name: those that are built in, and those of bots."""
    return await commands.list_commands(chat, by=session.account)


@post("/commands", operation_id="createCommand", summary="Make a command", tags=["integrations"],
      security=SIGNED_IN,
      responses=refusals(*OF_A_BODY, "unauthenticated", "not_found", "conflict"))  # fmt: skip
async def create_command(
    data: JSONBody[NewCommand], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> CommandMade:
    """Have a URL called when somebody types the command; the `secret` of its signatures is told this once."""
    return await commands.create(
        chat,
        by=session.account,
        bot=data.bot,
        name=data.name,
        url=data.url,
        hint=data.hint,
        description=data.description,
        origin=origin,
    )


@delete("/commands/{name:str}", operation_id="deleteCommand", summary="Take a command away", tags=["integrations"],
        security=SIGNED_IN, responses=refusals("invalid", "unauthenticated", "forbidden", "not_found"))  # fmt: skip
async def delete_command(name: FromPath[str], session: GivenSession, chat: GivenChat, origin: GivenOrigin) -> None:
    """Have nobody type it any more."""
    await commands.delete(chat, by=session.account, name=name, origin=origin)


@post("/channels/{channel_id:int}/commands", operation_id="runCommand", summary="Type a command",
      tags=["messages"], status_code=200, security=SIGNED_IN,
      responses=refusals(*OF_A_BODY, "unauthenticated", "not_found", "conflict"))  # fmt: skip
async def run_command(
    channel_id: FromPath[Id], data: JSONBody[TypedCommand], session: GivenSession, chat: GivenChat
) -> CommandRun:
    """Do what it asks for; `told` is for whoever typed it alone, `entry` is what was said in the channel."""
    return await commands.run(
        chat, by=session.account, channel=channel_id, text=data.text, client_id=data.client_id, thread=data.thread
    )


ROUTES = (list_commands, create_command, delete_command, run_command)

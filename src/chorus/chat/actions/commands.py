"""Slash commands: listed, made, taken away, and run."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from chorus.chat.actions import channels, members, messages
from chorus.chat.actions.audit import recorded
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.delivering import CALLS
from chorus.chat.calling.addresses import target_of
from chorus.chat.calling.caller import CallFailed
from chorus.chat.calling.signing import secret_of, signed_headers
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.commands import BUILT_IN, Command, check_command, parsed
from chorus.chat.domain.entries import Entry
from chorus.chat.domain.errors import ChatError, Invalid, NotFound, Unavailable
from chorus.chat.domain.incoming import shortened
from chorus.chat.domain.mentions import handles_in
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.sessions import Origin
from chorus.chat.storage.contract.integrations import KnownCommand

logger = logging.getLogger(__name__)

PATIENCE = 3.0
"""Seconds for a call: somebody waits for it."""

_NOWHERE = Origin()
_ANSWERS = UUID("d0b3c1de-62a2-4bd0-8f2e-5e1b6c1c3a7f")
"""The namespace of client ids of what commands answer."""


class CommandMade(msgspec.Struct, frozen=True):
    """A new command with the secret that its calls are signed with, told once."""

    command: Command
    secret: str


class Told(msgspec.Struct, frozen=True):
    """Something for whoever typed the command, and for nobody else."""

    text: str
    html: str


class CommandRun(msgspec.Struct, frozen=True):
    """What became of a command."""

    entry: Entry | None = None
    """What was said in the channel, by oneself or by the command's bot."""

    told: Told | None = None


class Called(msgspec.Struct, frozen=True):
    """What a command's program is told."""

    command: str
    text: str
    channel: Channel
    account: Account


class Event(msgspec.Struct, frozen=True):
    """A call."""

    type: str
    data: Called


class Reply(msgspec.Struct, frozen=True):
    """What it may answer."""

    text: str = ""
    response_type: Literal["ephemeral", "in_channel"] = "ephemeral"


class _Typed(msgspec.Struct, frozen=True):
    by: Account
    channel: Channel
    args: str
    thread: int
    client_id: UUID


async def list_commands(chat: Chat, *, by: Account) -> Sequence[Command]:
    """What one may type after a slash, by name.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.SEND)
    return sorted([*BUILT_IN.values(), *await chat.store.integrations.commands()], key=lambda each: each.name)


async def create(
    chat: Chat,
    *,
    by: Account,
    bot: int,
    name: str,
    url: str,
    hint: str = "",
    description: str = "",
    origin: Origin = _NOWHERE,
) -> CommandMade:
    """Have `url` called when somebody types `/name`; what it answers is told them, or said by the bot.

    Raises:
        Invalid, TooLarge: name, URL, hint or description break a rule.
        NotFound: there is no such bot in use.
        Conflict: the name is taken, or there are as many as there may be.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    target = target_of(url)
    command = check_command(name, hint=hint, description=description, bot=bot)
    secret = secret_of(secrets.token_bytes(32))

    details = {"command": command.name, "host": target.authority}
    record = recorded(chat, AuditAct.COMMAND_CREATED, by=by, origin=origin, account=bot, details=details)
    await chat.store.integrations.create_command(
        command, url=url, secret=secret, by=by.id, at=chat.now(), audit=[record]
    )

    return CommandMade(command, secret)


async def delete(chat: Chat, *, by: Account, name: str, origin: Origin = _NOWHERE) -> None:
    """Have nobody type it any more.

    Raises:
        NotFound: there is none, or it is built in.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INTEGRATE)
    record = recorded(chat, AuditAct.COMMAND_REMOVED, by=by, origin=origin, details={"command": name[:32]})
    if not await chat.store.integrations.delete_command(name, audit=[record]):
        raise NotFound(f"There is no command /{name[:32]} that could be taken away")


async def run(chat: Chat, *, by: Account, channel: int, text: str, client_id: UUID, thread: int = 0) -> CommandRun:
    """Do what `/name what follows` asks for, in a channel one is in.

    Raises:
        Invalid: it is no command, or its arguments break a rule.
        NotFound: no such command; no such channel, or this account is not in it.
        Forbidden: the role may not do that.
        Unavailable: try again with the same client id.
    """
    authorise(by, Act.SEND)
    form = parsed(text)
    if form is None:
        raise Invalid("text: expected a slash, a name, and what follows it")
    name, args = form
    typed = _Typed(by, await channels.find_joined(chat, by=by, channel=channel), args, thread, client_id)
    if name in _BUILT_IN:
        return await _BUILT_IN[name](chat, typed)
    known = await chat.store.integrations.command(name)
    if known is None:
        raise NotFound(f"There is no command /{name}; /help lists those that there are")
    return await _call(chat, known, typed)


async def _help(chat: Chat, typed: _Typed) -> CommandRun:
    every = await list_commands(chat, by=typed.by)
    lines = [f"`/{each.name}{' ' + each.hint if each.hint else ''}` {each.description}".rstrip() for each in every]
    return await _told(chat, "\n".join(lines))


async def _me(chat: Chat, typed: _Typed) -> CommandRun:
    if not typed.args:
        raise Invalid("text: expected what you do after /me")
    return await _say(chat, typed, f"_{typed.args}_" if "\n" not in typed.args else typed.args)


async def _shrug(chat: Chat, typed: _Typed) -> CommandRun:
    return await _say(chat, typed, f"{typed.args} ¯\\\\\\_(ツ)\\_/¯".strip())


async def _topic(chat: Chat, typed: _Typed) -> CommandRun:
    if not typed.args:
        topic = typed.channel.topic
        return await _told(chat, f"The topic is: {topic}" if topic else "There is no topic.")
    changed = await channels.change(chat, by=typed.by, channel=typed.channel.id, topic=typed.args)
    return await _told(chat, f"The topic is now: {changed.topic}")


async def _invite(chat: Chat, typed: _Typed) -> CommandRun:
    authorise(typed.by, Act.ADD_MEMBERS)  # before anybody is looked up: the answer must not say who is here
    wanted = " ".join(each if each.startswith("@") else f"@{each}" for each in typed.args.split())
    found = await chat.store.accounts_called(handles_in(wanted))
    if not found:
        raise Invalid("text: expected the handle of somebody who is here after /invite, as in /invite @ada")
    for account in found.values():
        await members.add(chat, by=typed.by, channel=typed.channel.id, account=account)
    return await _told(chat, f"Added {', '.join(f'@{handle}' for handle in sorted(found))}.")


async def _leave(chat: Chat, typed: _Typed) -> CommandRun:
    await channels.leave(chat, by=typed.by, channel=typed.channel.id)
    return CommandRun()


_BUILT_IN: dict[str, Callable[[Chat, _Typed], Awaitable[CommandRun]]] = {
    "help": _help,
    "invite": _invite,
    "leave": _leave,
    "me": _me,
    "shrug": _shrug,
    "topic": _topic,
}


async def _call(chat: Chat, known: KnownCommand, typed: _Typed) -> CommandRun:
    """Ask the command's program, and pass on what it answers."""
    name = known.command.name
    body = msgspec.json.encode(Event("command", Called(name, typed.args, typed.channel, typed.by)))
    headers = signed_headers(known.secret, id=str(typed.client_id), timestamp=chat.now() // 1000, body=body)
    try:
        answer = await chat.caller.post(known.url, headers, body, within=PATIENCE, leaving=CALLS)
        if not 200 <= answer.status < 300:
            raise CallFailed(f"answered {answer.status}")
        reply = msgspec.json.decode(answer.body, type=Reply) if answer.body.strip() else Reply()
    except CallFailed as failed:
        logger.warning("command /%s: its program was called in vain: %s", name, failed)
        return await _told(chat, f"`/{name}` did not answer.")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return await _told(chat, f"`/{name}` answered something that is none of its answers.")
    text = shortened(reply.text)
    if not text.strip():
        return CommandRun()
    if reply.response_type == "ephemeral":
        return await _told(chat, text)
    try:
        sent = await messages.send(
            chat,
            by=known.bot,
            channel=typed.channel.id,
            client_id=uuid5(_ANSWERS, f"{typed.by.id} {typed.client_id}"),
            text=text,
            thread=typed.thread,
        )
    except Unavailable:
        raise
    except ChatError:  # the bot is not in the channel: whoever asked gets the answer nevertheless
        return await _told(chat, f"{text}\n\nOnly you see this: @{known.bot.handle} is not in this channel.")
    return CommandRun(entry=sent.entry)


async def _say(chat: Chat, typed: _Typed, text: str) -> CommandRun:
    sent = await messages.send(
        chat, by=typed.by, channel=typed.channel.id, client_id=typed.client_id, text=text, thread=typed.thread
    )
    return CommandRun(entry=sent.entry)


async def _told(chat: Chat, text: str) -> CommandRun:
    return CommandRun(told=Told(text, await chat.composer.html(text)))

"""From the words of the command line to an exit code.

Start-up time counts here: nothing is imported before it is known which command needs it.
"""

import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from chorus.cluster.cli import failure, terminal
from chorus.cluster.cli.arguments import read
from chorus.cluster.cli.commands import ALIASES, COMMANDS
from chorus.cluster.cli.failure import CommandFailed, nearest, not_text, usage, visible
from chorus.cluster.cli.home import locate
from chorus.cluster.cli.product import Command, Context, Product

PROGRAM: Final = "chorus"
_SHOWN: Final = 100
"""Characters, on either side, of a word that could not be written."""


def main(words: Sequence[str], product: Product) -> int:
    """Run one command.

    Args:
        words: the command line, after the program's name.
        product: the program, with the applications it brings.

    Returns:
        the exit code; docs/commands.md lists them.
    """
    screen = terminal.standard()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not with nohup, say
            signal.signal(number, _end)
    try:
        return _ended(list(words), product, screen)
    except CommandFailed as error:  # the result, or the JSON of a failure, could not be written
        screen.fail(PROGRAM, error.message, error.detail)
        return error.code
    except BrokenPipeError:  # who read the output has enough, as in `chorus logs | head`
        terminal.let_go(sys.stdout)
        return failure.OK


def _end(number: int, _frame: object) -> None:
    raise failure.Ended(number)


def _ended(words: list[str], product: Product, screen: terminal.Terminal) -> int:
    """Run one command to its end. One that fails says why: to people, and with --json to programs, too."""
    try:
        return _run(words, product, screen)
    except CommandFailed as error:  # it may name a path of this machine
        shown = [visible(line) for line in error.detail]
        failed = CommandFailed(visible(error.message), shown, code=error.code, reason=error.reason)
        screen.fail(PROGRAM, failed.message, failed.detail)
    except UnicodeEncodeError as error:  # a path or a name of this machine; messages and output are UTF-8
        failed = not_text(_around(error))
        screen.fail(PROGRAM, failed.message)
    except KeyboardInterrupt as error:
        screen.clear()
        if screen.said:  # what was written so far is the result, as of `logs --follow`
            return failure.interrupted(error)
        failed = CommandFailed("interrupted", code=failure.interrupted(error))
    if "--json" in _before_rest(words):
        from chorus.cluster.cli import answer

        screen.say(answer.failed(failed))
    return failed.code


def _around(error: UnicodeEncodeError) -> str:
    """The word that could not be written, of a text that may be a whole file."""
    before = re.split(r"[\s\"']", error.object[: error.start])[-1][-_SHOWN:]
    return before + re.split(r"[\s\"']", error.object[error.start :])[0][:_SHOWN]


def _run(words: list[str], product: Product, screen: terminal.Terminal) -> int:
    for word in words:
        if visible(word) != word:
            raise not_text(word, code=failure.USAGE)
    commands = {command.name: command for command in (*COMMANDS, *product.commands)}
    if words and words[0] in ("--version", "-V", "version"):
        screen.say(f"{PROGRAM} {product.version}")
        return failure.OK
    if not words or words[0] in ("help", "--help", "-h"):
        screen.say(_help(words[1:], commands, product))
        return failure.OK

    command = _find(words[0], commands)
    before = _before_rest(words)
    if "--help" in before or "-h" in before:
        screen.say(_help([command.name], commands, product))
        return failure.OK
    try:
        arguments = read(words[1:], command.options, least=command.least, most=command.most)
        if arguments.rest and not command.rest:
            raise usage(f'takes no argument: "{arguments.rest[0]}"')
    except CommandFailed as error:
        hint = f"Usage: {_usage(command)}"
        raise CommandFailed(f"{command.name}: {error.message}", [*error.detail, hint], code=error.code) from None

    module, _, function = command.run.partition(":")
    context = Context(product, command, arguments, locate(os.environ), screen, os.environ)
    code: int = _done(context, getattr(import_module(module), function))
    screen.clear()
    return code


def _done(context: Context, function: Callable[[Context], int]) -> int:
    try:
        return function(context)
    except CommandFailed as error:
        if error.reason != "unknown_target":
            raise
        from chorus.cluster.cli import nearby

        nearby.hint(context, error)
        raise


def _before_rest(words: list[str]) -> list[str]:
    """The words that are the command's own: those up to `--`."""
    return words[: words.index("--")] if "--" in words else words


def _find(name: str, commands: dict[str, Command]) -> Command:
    if command := commands.get(ALIASES.get(name, name)):
        return command
    near = nearest(name, list(commands))
    hint = [f"Did you mean {PROGRAM} {near}?"] if near else []
    raise usage(f'unknown command "{name}"', *hint, f"All commands: {PROGRAM} help")


def _usage(command: Command) -> str:
    parts = [PROGRAM, command.name, command.operands, "[OPTIONS]" if command.options else ""]
    return " ".join(part for part in [*parts, f"[-- {command.rest}]" if command.rest else ""] if part)


def _help(words: list[str], commands: dict[str, Command], product: Product) -> str:
    if words:
        return _help_of(_find(words[0], commands), product)
    width = max(len(name) for name in commands)
    lines = [f"{product.name} {product.version}", "", f"Usage: {PROGRAM} COMMAND [ARGUMENTS]", ""]
    lines += [f"  {command.name:<{width}}  {command.summary}" for command in commands.values()]
    lines += [
        "",
        f"More on one of them: {PROGRAM} help COMMAND",
        "CHORUS_HOME (~/.chorus) says which cluster is meant.",
    ]
    return "\n".join(lines)


def _help_of(command: Command, product: Product) -> str:
    import textwrap

    lines = [f"Usage: {_usage(command)}", "", f"{command.summary[0].upper()}{command.summary[1:]}."]
    if command.doc:
        lines += ["", *textwrap.wrap(command.doc.format(name=product.name, primary=product.primary), 100)]
    shown = [
        (f"{option.short + ', ' if option.short else '    '}{option.long} {option.value}".rstrip(), option.help)
        for option in command.options
    ]
    width = max((len(name) for name, _ in shown), default=0)
    lines += [""] * bool(shown)
    lines += [f"  {name:<{width}}  {help_text}" for name, help_text in shown]
    return "\n".join(lines)

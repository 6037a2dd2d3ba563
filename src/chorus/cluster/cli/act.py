"""The commands that are one request to the manager."""

import os
import re
import signal as signals
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from chorus.cluster.cli import answer, asking, daemon, ending
from chorus.cluster.cli.failure import OK, CommandFailed, usage
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import (
    ApplicationStatus,
    Delete,
    Kill,
    Ping,
    Rebalance,
    Reload,
    Request,
    Reset,
    Restart,
    Scale,
    Signal,
    Start,
    Stop,
)
from chorus.cluster.spec import LARGEST_CLUSTER

if TYPE_CHECKING:
    from chorus.cluster.spec import ApplicationSpec

ALL: Final = "all"
_PATIENCE: Final = 3.0
"""Seconds a manager may take to say that it is there, when it is to be ended."""

_SIGNAL: Final = re.compile(r"^SIG[A-Z0-9]{2,9}$")
_CHANGE: Final = re.compile(r"^[+-]?[0-9]{1,4}$")


def stop(context: Context) -> int:
    """End instances."""
    return _act(context, Stop(_named(context)))


def restart(context: Context) -> int:
    """Stop and start instances; a file's applications with what the file says now."""
    if specs := _of_file(context):
        _check(context, specs)
        return _act(context, Start(applications=specs))
    return _act(context, Restart(_meant(context), _selected(context)))


def reload(context: Context) -> int:
    """Replace instances one by one; a file's applications with what the file says now."""
    if specs := _of_file(context):
        _check(context, specs)
        return _act(context, Reload(targets=[spec.name for spec in specs], applications=specs))
    return _act(context, Reload(targets=_meant(context), environment=_selected(context)))


def delete(context: Context) -> int:
    """Stop applications and forget them."""
    return _act(context, Delete(_named(context)))


def scale(context: Context) -> int:
    """Change the number of instances of one application."""
    *named, change = context.arguments.operands
    if not _CHANGE.match(change):
        text = f"a number of instances from 1 to {LARGEST_CLUSTER}, or +N or -N to change the one there is"
        raise usage(f'scale: found "{change}", expected {text}')
    return _act(context, Scale(named[0] if named else _scalable(context), change))


def rebalance(context: Context) -> int:
    """Spread live connections evenly."""
    return _act(context, Rebalance(_meant(context)))


def reset(context: Context) -> int:
    """Start applications fresh, or set their restart counts to 0 and no more."""
    return _act(context, Reset(context.arguments.operands or [ALL], fresh=not context.arguments.given("counters")))


def signal(context: Context) -> int:
    """Send a signal to the processes of instances."""
    name, *targets = context.arguments.operands
    if name.isascii() and name.isdigit():  # as kill(1) takes it
        name = {int(each): each.name for each in signals.Signals}.get(int(name[:4]), name)
    name = name.upper() if name.upper().startswith("SIG") else f"SIG{name.upper()}"
    if not _SIGNAL.match(name):
        raise usage(f'signal: found "{name}", expected a signal such as SIGUSR2')
    return _act(context, Signal(targets, name))


def ping(context: Context) -> int:
    """Ask whether the manager is there."""
    version = asking.done(context, Ping()).text
    answer.tell(context, f"the manager answers, version {version}", changed=False, version=version)
    return OK


def kill(context: Context) -> int:
    """End everything. Nothing there is as good as ended."""
    if not daemon.answers(context.home):
        found = ending.end_by_signal(context.home) or ending.sweep(context.home, context.environment)
        answer.tell(context, "everything ended" if found else "nothing runs", changed=found)
        return OK
    keeper = daemon.keeper_pid(context.home)
    try:
        asking.ask(context, Ping(), within=_PATIENCE)
        with ending.until_gone(context.home):
            text = asking.done(context, Kill()).text
    except CommandFailed as error:  # a manager in trouble does not stand between an operator and the end
        text = "everything ended"
        if daemon.is_ending(context.home):  # another kill was quicker
            daemon.wait_for_end(context.home)
        elif daemon.keeper_pid(context.home) == keeper and ending.end_by_signal(context.home):
            context.terminal.note(f"ended by signal, because {error.message}")
    answer.tell(context, text, changed=True)
    return OK


def _of_file(context: Context) -> "list[ApplicationSpec]":
    """The applications of the file that the command line names; none where it names no file."""
    words = context.arguments.operands
    if not any(_is_file(word) for word in words):
        if context.arguments.given("only"):
            raise usage(f"{context.command.name}: --only goes with a file of applications")
        return []
    if len(words) > 1:
        raise usage(f"{context.command.name}: found {len(words)} things, expected one file, or targets")
    from chorus.cluster.cli import wanted

    return wanted.only(context, wanted.of_file(context, os.path.expanduser(words[0])))


def _is_file(word: str) -> bool:
    if "." not in word:
        return False
    from chorus.cluster.cli import pm2_file

    return word.endswith(".toml") or pm2_file.is_one(word)


def _selected(context: Context) -> str | None:
    """The environment that --env selects, once it is clear that what is meant can run in it; None without --env.

    An application keeps the variables of the shell that started it: those of this one count for nothing here.
    """
    environment = context.arguments.text("env") or None
    if environment is None:
        return None
    again = f"chorus stop && chorus start --env {environment}"
    _check(
        context,
        [
            msgspec.structs.replace(each.spec, environment=environment)
            for each in asking.descriptions(context, _meant(context))
        ],
        f"It has the variables of the shell that started it. To give it others: {again}",
    )
    return environment


def _check(context: Context, specs: "Sequence[ApplicationSpec]", *hints: str) -> None:
    """Refuse what cannot run so, before what runs is touched."""
    from chorus.cluster.cli import wanted

    for spec in specs:
        wanted.check(context, spec, *hints)


def _named(context: Context) -> list[str]:
    """The targets, a file's applications among them; all without any."""
    return [spec.name for spec in _of_file(context)] or context.arguments.operands or [ALL]


def _act(context: Context, request: Request) -> int:
    try:
        done = asking.done(context, request)
    except KeyboardInterrupt:
        context.terminal.note(f"interrupted: the {context.command.name} goes on; chorus status shows how far it is")
        raise
    answer.tell(context, done.text, changed=done.changed)
    return OK


def _meant(context: Context) -> list[str]:
    """The targets; without any the primary application where it is, else all."""
    if context.arguments.operands:
        return context.arguments.operands
    names = [application.name for application in asking.status(context).applications]
    return [context.product.primary] if context.product.primary in names else [ALL]


def _scalable(context: Context) -> str:
    applications = [each for each in asking.status(context).applications if _scales(each)]
    names = [application.name for application in applications]
    if context.product.primary in names:
        return context.product.primary
    if len(names) == 1:
        return names[0]
    raise usage(f"scale: which application? {', '.join(names) or 'there is none that scales'}")


def _scales(application: ApplicationStatus) -> bool:
    """Whether several instances can share the work: they share its socket."""
    return application.kind == "asgi" or application.address is not None

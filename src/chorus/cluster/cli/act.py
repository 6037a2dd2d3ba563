"""The commands that are one request to the manager."""

import re
from typing import Final

from chorus.cluster.cli import asking, daemon
from chorus.cluster.cli.failure import OK, CommandFailed, nearest, usage
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import ApplicationStatus, Delete, Kill, Ping, Reload, Request, Restart, Scale, Stop

ALL: Final = "all"
_PATIENCE: Final = 3.0
"""Seconds a manager may take to say that it is there, when it is to be ended."""

_CHANGE: Final = re.compile(r"^[+-]?[0-9]{1,4}$")


def stop(context: Context) -> int:
    """End instances."""
    return _act(context, Stop(context.arguments.operands or [ALL]))


def restart(context: Context) -> int:
    """Stop and start instances."""
    return _act(context, Restart(_meant(context)))


def reload(context: Context) -> int:
    """Replace instances one by one."""
    return _act(context, Reload(targets=_meant(context)))


def delete(context: Context) -> int:
    """Stop applications and forget them."""
    return _act(context, Delete(context.arguments.operands or [ALL]))


def scale(context: Context) -> int:
    """Change the number of instances of one application."""
    *named, change = context.arguments.operands
    if not _CHANGE.match(change):
        raise usage(f'scale: found "{change}", expected a number of instances, +N or -N')
    return _act(context, Scale(named[0] if named else _scalable(context), change))


def ping(context: Context) -> int:
    """Ask whether the manager is there."""
    context.terminal.say(f"the manager answers, version {asking.done(context, Ping()).text}")
    return OK


def kill(context: Context) -> int:
    """End everything. Nothing there is as good as ended."""
    if not daemon.answers(context.home):
        found = daemon.end_by_signal(context.home)
        context.terminal.say("everything ended" if found else "nothing runs")
        return OK
    try:
        asking.ask(context, Ping(), within=_PATIENCE)
        text = asking.done(context, Kill()).text
        daemon.wait_until_gone(context.home)
    except CommandFailed as error:  # a manager in trouble does not stand between an operator and the end
        if daemon.end_by_signal(context.home):
            context.terminal.note(f"ended by signal, because {error.message}")
        text = "everything ended"
    context.terminal.say(text)
    return OK


def _act(context: Context, request: Request) -> int:
    try:
        answer = asking.done(context, request)
    except CommandFailed as error:
        if error.reason == "unknown_target":
            error.detail += _near(context)
        raise
    context.terminal.say(answer.text)
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


def _near(context: Context) -> list[str]:
    """What the operator may have meant."""
    names = [application.name for application in asking.status(context).applications]
    near = [found for word in context.arguments.operands if (found := nearest(word, names))]
    return [f"Did you mean {near[0]}?"] if near else []

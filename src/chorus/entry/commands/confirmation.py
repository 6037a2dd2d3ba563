"""Asking before something is destroyed."""

import sys

from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.product import Context


def confirm(context: Context, question: str) -> None:
    """Go on when --yes was given, or the operator at the terminal says so.

    Raises:
        CommandFailed: they do not, or nobody can be asked.
    """
    if context.arguments.given("yes"):
        return
    if not sys.stdin.isatty():
        raise CommandFailed(f"{question} There is no terminal to ask at", ["To go ahead without being asked: --yes"])
    answer = context.terminal.ask(f"{question} [y/N]") or ""
    if answer.strip().lower() not in ("y", "yes"):
        raise CommandFailed("nothing was changed")

"""`chorus status`."""

import time
from typing import Final, NoReturn

import msgspec

from chorus.cluster.cli import asking, status_view
from chorus.cluster.cli.failure import NOT_AS_WANTED, OK, usage
from chorus.cluster.cli.product import Context

_HOME: Final = "\x1b[H\x1b[2J"
"""Moves to the upper left corner of a terminal and clears it."""

_EVERY: Final = 1.0
"""Seconds between two looks of --watch."""


def run(context: Context) -> int:
    """Show what runs."""
    if context.arguments.given("watch"):
        _watch(context)
    status = asking.status(context)
    if context.arguments.given("names"):
        for application in status.applications:
            context.terminal.say(application.name)
        return OK
    if context.arguments.given("json"):
        context.terminal.say(msgspec.json.format(msgspec.json.encode(status), indent=2).decode())
    else:
        for line in status_view.lines(status, context.terminal.paint, context.terminal.width):
            context.terminal.say(line)
    return OK if status_view.as_wanted(status) else NOT_AS_WANTED


def _watch(context: Context) -> NoReturn:
    """Until Control-C; a terminal shows it in place, a file gets one table after another."""
    if context.arguments.given("json"):
        raise usage("status: --watch is for people, --json for programs: leave one out")
    while True:
        terminal = context.terminal
        shown = status_view.lines(asking.status(context), terminal.paint, terminal.width)
        if terminal.height is not None and len(shown) >= terminal.height:
            kept = max(1, terminal.height - 2)
            shown = [*shown[:kept], f"… {len(shown) - kept} more lines"]
        terminal.say("\n".join([_HOME, *shown] if terminal.draws else [*shown, ""]))
        time.sleep(_EVERY)

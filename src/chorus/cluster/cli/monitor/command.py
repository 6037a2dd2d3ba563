"""`chorus monitor`."""

import asyncio
import os
import signal
import sys
from functools import partial
from importlib import import_module
from typing import Final

from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.monitor.screen import Monitor
from chorus.cluster.cli.monitor.source import Source
from chorus.cluster.cli.product import Context, Service

_INSTEAD: Final = "For a file, a program or a plain terminal: chorus status --watch, or chorus status --json"

_ENDED: Final = 128 + signal.SIGTERM


def run(context: Context) -> int:
    """Show it until q."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandFailed("monitor: found no terminal to draw on, expected one", [_INSTEAD])
    terminal = context.environment.get("TERM", "")
    if terminal in ("", "dumb"):
        found = f"TERM={terminal}" if terminal else "no TERM"
        raise CommandFailed(f"monitor: found {found}, expected a terminal whose cursor can be moved", [_INSTEAD])
    colours = not context.environment.get("NO_COLOR")
    # Exported, the first two hide how large the terminal is after a resize; an empty NO_COLOR says nothing.
    for name in ("COLUMNS", "LINES", *["NO_COLOR"] * colours):
        os.environ.pop(name, None)
    source = Source(context.home, lambda: _services(context))
    monitor = Monitor(source, context.product.name, colours=colours)
    asyncio.run(_shown(monitor))
    if monitor.goes_on:
        context.terminal.note(f"{monitor.goes_on}: it goes on; chorus status shows how far it is")
    return monitor.return_code or OK


async def _shown(monitor: Monitor) -> None:
    """Until its end; SIGTERM is one, with the terminal as it was."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, partial(monitor.exit, return_code=_ENDED))
    await monitor.run_async()


def _services(context: Context) -> list[Service]:
    if not context.product.services:
        return []
    module, _, function = context.product.services.partition(":")
    found: list[Service] = getattr(import_module(module), function)(context)
    return found

"""`chorus monitor`."""

import os
import sys
from importlib import import_module

from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.monitor.screen import Monitor
from chorus.cluster.cli.monitor.source import Source
from chorus.cluster.cli.product import Context, Service


def run(context: Context) -> int:
    """Show it until q."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        hint = "For a file or a program: chorus status --watch, or chorus status --json"
        raise CommandFailed("monitor: found no terminal to draw on, expected one", [hint])
    for name in ("COLUMNS", "LINES"):  # where they are exported they hide how large the terminal is after a resize
        os.environ.pop(name, None)
    monitor = Monitor(Source(context.home, lambda: _services(context)), context.product.name)
    monitor.run()
    if monitor.goes_on:
        context.terminal.note(f"{monitor.goes_on}: it goes on; chorus status shows how far it is")
    return OK


def _services(context: Context) -> list[Service]:
    if not context.product.services:
        return []
    module, _, function = context.product.services.partition(":")
    found: list[Service] = getattr(import_module(module), function)(context)
    return found

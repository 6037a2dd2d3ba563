"""`chorus status`."""

import msgspec

from chorus.cluster.cli import asking, status_view
from chorus.cluster.cli.failure import NOT_AS_WANTED, OK
from chorus.cluster.cli.product import Context


def run(context: Context) -> int:
    """Show what runs."""
    status = asking.status(context)
    if context.arguments.given("json"):
        context.terminal.say(msgspec.json.format(msgspec.json.encode(status), indent=2).decode())
    else:
        for line in status_view.lines(status, context.terminal.paint):
            context.terminal.say(line)
    return OK if status_view.as_wanted(status) else NOT_AS_WANTED

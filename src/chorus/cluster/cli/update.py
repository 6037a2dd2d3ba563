"""`chorus update`: keeper and manager run the installed release; the applications' processes are not touched."""

import time
from typing import Final

from chorus.cluster.cli import answer, asking
from chorus.cluster.cli.daemon import START_DEADLINE
from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import ClusterStatus, Update

_LOOK_EVERY: Final = 0.05


def run(context: Context) -> int:
    """Have both replaced and wait for the next manager."""
    before = asking.status(context)
    asking.done(context, Update())
    deadline = time.monotonic() + START_DEADLINE
    while (after := _status(context)) is None or after.manager_pid == before.manager_pid:
        if time.monotonic() > deadline:
            text = f"no new manager after {START_DEADLINE:.0f} s; see {context.home.daemon_log}"
            raise CommandFailed(text)
        time.sleep(_LOOK_EVERY)
    changed = "" if before.version == after.version else f", version {before.version} before"
    text = f"keeper and manager run version {after.version}{changed}; no application was restarted"
    answer.tell(context, text, changed=True, version=after.version, before=before.version)
    return OK


def _status(context: Context) -> ClusterStatus | None:
    """What the manager says; None while one goes and the next one comes."""
    try:
        return asking.status(context)
    except CommandFailed:
        return None

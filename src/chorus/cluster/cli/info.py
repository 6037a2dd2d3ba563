"""`chorus info`: versions, paths and addresses."""

import platform
import sys

import msgspec

from chorus.cluster.cli import asking, daemon, status_view
from chorus.cluster.cli.failure import OK
from chorus.cluster.cli.product import Context


def run(context: Context) -> int:
    """Show what an operator, or a report of a fault, needs; it works without a manager too."""
    facts: dict[str, str] = {
        "version": context.product.version,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "home": context.home.path,
        "daemon log": context.home.daemon_log,
    }
    if daemon.answers(context.home):
        status = asking.status(context)
        facts["keeper"] = f"pid {status.keeper_pid}"
        facts["manager"] = f"pid {status.manager_pid}, version {status.version}"
        for application in status.applications:
            online = sum(instance.state == "online" for instance in application.instances)
            address = f", {status_view.url(application.address)}" if application.address else ""
            facts[application.name] = f"{online} of {application.wanted} online{address}"
    else:
        facts["manager"] = "not running"

    if context.arguments.given("json"):
        context.terminal.say(msgspec.json.format(msgspec.json.encode(facts), indent=2).decode())
        return OK
    width = max(len(name) for name in facts)
    for name, fact in facts.items():
        context.terminal.say(f"{context.terminal.paint(f'{name:<{width}}', 'bold')}  {fact}")
    return OK

"""What an operator may have meant with a target that names nothing."""

from chorus.cluster.cli import asking, daemon
from chorus.cluster.cli.failure import CommandFailed, nearest
from chorus.cluster.cli.product import Context
from chorus.cluster.spec import pm2


def hint(context: Context, error: CommandFailed) -> None:
    """Add the nearest name that there is to the error of a command about an unknown target.

    A name of a file of PM2's that is called differently here is found by what it is called here.
    """
    if error.detail or not daemon.answers(context.home):  # the command knew better, or there is nothing to be near to
        return
    names = [application.name for application in asking.status(context).applications]
    for word in context.arguments.operands:
        here = pm2.name_here(word)
        near = here if here != word and here in names else nearest(word, names)
        if near and near != word:
            error.detail.append(f"Did you mean {near}?")
            return

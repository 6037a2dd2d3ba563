"""`chorus restore`: what was saved, or what a backup has, runs again."""

from chorus.cluster.cli import answer, asking, backup, launching, saved
from chorus.cluster.cli.failure import OK
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import Restore


def restore(context: Context) -> int:
    """Bring back what was saved, or what a backup has. Without a manager one is started."""
    context.home.prepare()
    if context.arguments.operands:
        backup.put_back(context, context.arguments.operands[0], context.arguments.text("key"))
    kept = saved.read(context.home)
    launching.ensure(context.home, context.environment)
    done = asking.done(context, Restore(kept.applications, kept.cluster))
    answer.tell(context, done.text, changed=done.changed)
    return OK

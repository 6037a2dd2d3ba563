"""The one instance that a word of the command line names: by its application and number, or by its ID of `status`."""

from typing import NamedTuple

from chorus.cluster.cli import asking, startable
from chorus.cluster.cli.product import Context


class Instance(NamedTuple):
    """Which one it is."""

    application: str
    number: int

    def __str__(self) -> str:
        return f"{self.application}:{self.number}"


def named(context: Context, target: str) -> Instance | None:
    """The instance; None where the word names something else. The manager says whether it is there."""
    if not startable.is_instance(target):
        return None
    name, colon, digits = target.rpartition(":")
    if colon:
        return Instance(name, int(digits))
    for application in asking.status(context).applications:
        for instance in application.instances:
            if instance.id == int(digits):
                return Instance(application.name, instance.number)
    return None

"""Which chat a command is about: the one that runs here, or the one that this shell would start.

    meant = find_meant(context, named_by=("DATABASE_URL",))
    settings = checked_settings(meant.variables, home=context.home.path, directory=meant.directory)

An operator comes back with another shell, which has none of the variables that the chat was started with. What such a
shell asks for is done to the chat that is there, and not to an empty one that its defaults would make.
"""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chorus.cluster.cli import asking, daemon
from chorus.cluster.cli.product import Context


class Meant(NamedTuple):
    """A chat, by what it is started with."""

    variables: Mapping[str, str]
    directory: str
    """Where relative paths in them begin."""

    running: bool


def find_meant(context: Context, *, named_by: Iterable[str]) -> Meant:
    """Find the chat that runs in this home, unless there is none, or this shell sets one of the variables `named_by`.

    Raises:
        CommandFailed: the manager that runs does not answer.
    """
    elsewhere = any(context.environment.get(name) for name in named_by)
    if not elsewhere and daemon.runs(context.home):
        primary = context.product.primary
        for each in asking.descriptions(context, []):
            if each.spec.name == primary:
                return Meant(each.spec.variables_of(0), each.spec.cwd, running=True)
    return Meant(context.environment, os.getcwd(), running=False)

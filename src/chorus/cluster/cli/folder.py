"""The folder a command is given in, by the name the shell has for it.

In `/srv/shop/current`, a link to `releases/7`, the system says `/srv/shop/releases/7` and the shell says `current`. The
shell's name is the one that still holds when the link points to the next release: a reload then runs that one.
"""

import os
from collections.abc import Mapping

from chorus.cluster.cli.failure import CommandFailed, not_text, visible


def here(environment: Mapping[str, str] = os.environ) -> str:
    """The working folder: the shell's PWD where that is the same folder, else what the system calls it.

    Raises:
        CommandFailed: it was deleted.
    """
    named = environment.get("PWD", "")
    if os.path.isabs(named) and _same(named, "."):
        return os.path.normpath(named)
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        raise CommandFailed("the folder that this shell is in was deleted; change to one that is there") from error


def absolute(path: str) -> str:
    """A path from the root, as `os.path.abspath`, through the links of the working folder where that is the same.

    Raises:
        CommandFailed: it is not UTF-8, or the working folder was deleted.
    """
    through = os.path.normpath(os.path.join(here(), path))  # "../x" of a link may be another file
    return tellable(through if _same(through, path) else os.path.abspath(path))


def tellable(path: str) -> str:
    """The path, if a message to the manager can carry it.

    Raises:
        CommandFailed: it is not UTF-8.
    """
    if visible(path) != path:
        raise not_text(path)
    return path


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there
        return False

"""Sockets passed by whoever started us, as in sd_listen_fds(3).

passed({"LISTEN_PID": "77", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "chat:admin"}, pid=77)
== [Passed(3, "chat"), Passed(4, "admin")]
"""

import os
import socket
from collections.abc import Mapping, MutableMapping
from typing import NamedTuple

FIRST = 3
"""The descriptor passed sockets begin at."""

MOST = 256
"""Sockets accepted; more is a mistake."""

_NAMES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


class NotAdoptable(Exception):
    """What was passed is no listening socket, or cannot be read: the starter's fault."""


class Passed(NamedTuple):
    """A descriptor and its name."""

    fd: int
    name: str


def passed(environment: Mapping[str, str], *, pid: int) -> list[Passed]:
    """What the environment says was passed to the process `pid`; nothing when it was meant for another one.

    Raises NotAdoptable when the variables are no numbers or do not fit together.
    """
    if "LISTEN_FDS" not in environment or environment.get("LISTEN_PID", "") != str(pid):
        return []
    count = environment["LISTEN_FDS"]
    if not (count.isascii() and count.isdigit() and int(count) <= MOST):
        raise NotAdoptable(f"LISTEN_FDS: expected a number up to {MOST}, found {count!r}")
    given = environment.get("LISTEN_FDNAMES")
    names = given.split(":") if given else ["unknown"] * int(count)
    if len(names) != int(count):
        raise NotAdoptable(f"LISTEN_FDNAMES: expected {count} names, found {given!r}")
    return [Passed(FIRST + place, name) for place, name in enumerate(names)]


def adopt(environment: MutableMapping[str, str]) -> list[socket.socket]:
    """Take the passed sockets over: ours alone, not blocking, not told to the programs we start.

    Raises NotAdoptable when one of them is no listening socket.
    """
    taken = [_listening(each) for each in passed(environment, pid=os.getpid())]
    for name in _NAMES:
        environment.pop(name, None)
    return taken


def _listening(given: Passed) -> socket.socket:
    try:
        os.set_inheritable(given.fd, False)
        adopted = socket.socket(fileno=given.fd)
        listens = adopted.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise NotAdoptable(f"descriptor {given.fd} ({given.name}) is no socket: {error.strerror}") from error
    if not listens:
        raise NotAdoptable(f"descriptor {given.fd} ({given.name}) is a socket that does not listen")
    adopted.setblocking(False)
    return adopted

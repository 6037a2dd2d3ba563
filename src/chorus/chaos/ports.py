"""Loopback ports for the run's own servers."""

import socket
import time

from chorus.chaos.errors import ChaosFailed

LISTENING_WITHIN = 30.0
"""Seconds until a server of ours must listen."""

_LOOK_EVERY = 0.05
_TAKEN: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody listens on, and that the system gives to no outgoing connection while this process lives.

    It is bound, and not listened on: a server that sets SO_REUSEADDR listens there all the same, as all of ours do.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _TAKEN.append(holder)
    return int(holder.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until_listening(name: str, port: int) -> None:
    """Return when somebody does.

    Raises:
        ChaosFailed: nobody within 30 s.
    """
    deadline = time.monotonic() + LISTENING_WITHIN
    while not listens(port):
        if time.monotonic() > deadline:
            raise ChaosFailed(f"{name} did not listen on port {port} within {LISTENING_WITHIN:g} s")
        time.sleep(_LOOK_EVERY)

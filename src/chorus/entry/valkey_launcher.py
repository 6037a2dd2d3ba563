"""Become the bundled Valkey, and say READY=1 for it: `python -m chorus.entry.valkey_launcher BINARY CONFIG SOCKET`.

The server is built without systemd's library, so it cannot speak NOTIFY_SOCKET itself. This process forks: it becomes
the server itself, with the pid that the keeper knows, and what it forked waits until the server answers, says so and
ends. It forks twice, so that the server has no child it does not know. The standard library alone is imported.
"""

import array
import os
import select
import socket
import sys
from collections.abc import Sequence
from typing import Final

_LOOK_EVERY: Final = 0.01
_PATIENCE: Final = 5.0
"""Seconds an answer may take."""


def main(arguments: Sequence[str]) -> int:
    """Start the server; returns only in the process that announces it."""
    binary, config, path = arguments
    notify = os.environ.get("NOTIFY_SOCKET")
    if notify is None:
        os.execv(binary, [binary, config])  # noqa: S606 - no shell is wanted
    server = os.pidfd_open(os.getpid())
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        os.execv(binary, [binary, config])  # noqa: S606 - no shell is wanted
    if os.fork():
        os._exit(0)
    return announce(server, path, notify)


def announce(server: int, path: str, notify: str) -> int:
    """Wait until the server answers, and say that it is ready; give up when it has ended."""
    while not select.select([server], [], [], _LOOK_EVERY)[0]:
        if answers(path):
            say_ready(notify)
            return 0
    return 1


def answers(path: str) -> bool:
    """Whether the server takes commands: while it loads its data it says LOADING. To want a password is an answer."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PATIENCE)
        try:
            probe.connect(path)
            probe.sendall(b"PING\r\n")
            return probe.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:  # not listening yet
            return False


def say_ready(notify: str) -> None:
    """Send READY=1 and stay until it was read: the reader asks the system whose child the sender is.

    The second message carries the end of a pipe, which the reader closes (sd_notify_barrier(3)).
    """
    address = "\0" + notify[1:] if notify.startswith("@") else notify
    reading, writing = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(address)
        channel.send(b"READY=1\nSTATUS=accepts connections")
        channel.sendmsg([b"BARRIER=1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writing]))])
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

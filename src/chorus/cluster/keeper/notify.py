"""The notify socket: what children say about themselves (sd_notify(3)), its sender told by the system.

A datagram has one assignment a line: `READY=1`, `RELOADING=1`, `STOPPING=1`, `STATUS=on port 3000`, `WATCHDOG=1`,
`MAINPID=4711`, `EXTEND_TIMEOUT_USEC=5000000`. What was said last holds; `READY=1` ends a `RELOADING=1`.
"""

import re
import socket
import struct
from collections.abc import Callable

from chorus.cluster.keeper.loop import Loop

LONGEST_DATAGRAM = 4096
"""Bytes; a longer one is left aside, as by systemd."""

MOST_NAMES = 16
"""Names remembered of a child."""

LONGEST_VALUE = 500
"""Characters kept of a value."""

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_MICROSECONDS = re.compile(r"[0-9]{1,15}")
MORE_TIME = "EXTEND_TIMEOUT_USEC"
_CREDENTIALS = struct.Struct("iII")
A_TURN = 8
"""Datagrams read before others have their turn."""

ALL = 1024
"""More datagrams than the system lets wait."""


def parse(datagram: bytes) -> dict[str, str]:
    """The assignments in a datagram; lines that are none are left out."""
    pairs = (line.partition("=") for line in datagram.decode(errors="replace").split("\n"))
    return {name: value[:LONGEST_VALUE] for name, equals, value in pairs if equals and _NAME.fullmatch(name)}


def changed(state: dict[str, str], said: dict[str, str], now: float) -> dict[str, str]:
    """The state after something was said.

    A sign of life counts by its time, so each one is a change; so does a wish for more time, by when that is over.
    """
    after = {**state, **said}
    if said.get("WATCHDOG", "trigger") != "trigger":
        after["WATCHDOG"] = f"{now:.3f}"
    if (asked := said.get(MORE_TIME)) is not None:
        after[MORE_TIME] = (
            f"{now + int(asked) / 1e6:.3f}" if _MICROSECONDS.fullmatch(asked) else state.get(MORE_TIME, "0")
        )
    if said.get("READY") == "1":
        after.pop("RELOADING", None)
    return after if len(after) <= MOST_NAMES else state


class NotifySocket:
    """Receives datagrams and gives each one on with the process id of its sender."""

    def __init__(self, received: Callable[[int, dict[str, str]], None]) -> None:
        self._received = received

    def listen(self, loop: Loop, bound: socket.socket) -> None:
        """Receive from this socket."""
        self._socket = bound
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        loop.watch(self._socket.fileno(), self.receive)

    def receive(self, most: int = A_TURN) -> None:
        """Take what is there; the loop calls this, and with ALL whoever is about to reap a child with a last word."""
        for _ in range(most):
            try:
                # Room for the credentials alone: descriptors that somebody attaches are closed by the system.
                datagram, attached, flags, _ = self._socket.recvmsg(
                    LONGEST_DATAGRAM, socket.CMSG_SPACE(_CREDENTIALS.size)
                )
            except BlockingIOError:
                return  # all read
            pids = [_CREDENTIALS.unpack(value)[0] for _, kind, value in attached if kind == socket.SCM_CREDENTIALS]
            if pids and not flags & socket.MSG_TRUNC:
                self._received(pids[0], parse(datagram))

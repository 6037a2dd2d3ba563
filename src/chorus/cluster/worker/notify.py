"""Telling the keeper (or systemd) how we are: the datagrams of sd_notify(3), one assignment a line."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

LONGEST = 4000
"""Bytes of a datagram; a longer status is cut."""

PATIENCE = 1.0
"""Seconds a word may take when the receiver is busy."""


def assignments(**words: str | int) -> bytes:
    """The text of a datagram. A line feed in a value would begin another assignment, so it becomes a space."""
    lines = (f"{name}={str(value).replace(chr(10), ' ')}" for name, value in words.items())
    return "\n".join(lines).encode(errors="replace")[:LONGEST]


def watchdog_interval(environment: Mapping[str, str], *, pid: int) -> float | None:
    """Seconds between two signs of life: half of what WATCHDOG_USEC allows; None when nobody waits for them."""
    allowed = environment.get("WATCHDOG_USEC", "")
    if environment.get("WATCHDOG_PID", str(pid)) != str(pid) or not (allowed.isascii() and allowed.isdigit()):
        return None
    return int(allowed) / 2_000_000 or None


class Notifier:
    """Says words to NOTIFY_SOCKET; without one it says nothing."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) if path else None
        self._pid = os.getpid()

    def say(self, **words: str | int) -> None:
        """Send some words; a receiver that is gone or does not read for a second is left alone."""
        self._send(PATIENCE, assignments(**words))

    def live(self) -> None:
        """Send a sign of life; never waits."""
        self._send(0.0, b"WATCHDOG=1")

    def _send(self, patience: float, datagram: bytes) -> None:
        if self._socket is None:
            return
        self._socket.settimeout(patience)
        with suppress(OSError):  # nobody listens any more, or is busy; serving goes on without
            self._socket.sendto(datagram, self._address)

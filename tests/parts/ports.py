"""Ports for servers of the tests, each given to one test process only.

A port that the kernel picks is free when it is picked: another process, or an outgoing connection, may have it a
moment later, while a server restarts. So these lie below what the kernel gives to outgoing connections, and each is
held by a lock for as long as the test process lives.
"""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import randrange

_LOWEST = 12_000
_FOLDER = Path(tempfile.gettempdir()) / f"chorus-test-ports-{os.geteuid()}"
_held: list[int] = []
"""Descriptors of the locks: closed, and so released, by the end of the process."""


def free_port() -> int:
    """A loopback port that nobody listens on, and that no other test process is given while this one lives."""
    _FOLDER.mkdir(mode=0o700, exist_ok=True)
    count = _first_of_the_kernel() - _LOWEST
    start = randrange(count)
    for offset in range(count):
        port = _LOWEST + (start + offset) % count
        if _lock(port) and _nobody_listens(port):
            return port
    raise AssertionError(f"no port between {_LOWEST} and {_LOWEST + count} is free")


@contextmanager
def silent_port() -> Iterator[int]:
    """The loopback port of a server that never says anything: whoever connects waits in its queue."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _first_of_the_kernel() -> int:
    """The lowest port given to outgoing connections; IANA's where this system does not say."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return 49_152


def _lock(port: int) -> bool:
    lock = os.open(_FOLDER / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _held.append(lock)
    return True


def _nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

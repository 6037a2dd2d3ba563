"""What children share: listening sockets and pages of shared memory, open as long as the keeper lives."""

import errno
import os
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from chorus.cluster.keeper.documents import build
from chorus.cluster.keeper.struct import as_dict
from chorus.cluster.keeper.wire import (
    CloseListener,
    ClosePage,
    Done,
    Failure,
    Listener,
    ListenerOpened,
    OpenListener,
    OpenPage,
)

MOST = 256
"""Listeners, and pages, a keeper holds."""

LARGEST_PAGE = 1 << 20
"""Bytes."""

_CODES = {
    errno.EADDRINUSE: "address_in_use",
    errno.EADDRNOTAVAIL: "address_not_available",
    errno.EACCES: "permission",
    errno.EPERM: "permission",
}


class Listeners:
    """The listening sockets by name. They are bound here so that no restart of anything closes them."""

    def __init__(self) -> None:
        self._sockets: dict[str, tuple[OpenListener, socket.socket]] = {}

    def open(self, command: OpenListener) -> ListenerOpened:
        """Bind and listen, or find it done."""
        if command.name in self._sockets:
            asked, found = self._sockets[command.name][0], self.address(command.name)
            if (command.host, command.port) not in ((asked.host, asked.port), (found.host, found.port)):
                raise Failure("conflict", f"listener {command.name} is open on {found.host} port {found.port}")
            return found
        if ":" in command.name or not command.name.isprintable():
            raise Failure("invalid", f"a listener's name has no colon and is printable, found {command.name!r}")
        if len(self._sockets) >= MOST:
            raise Failure("full", f"{MOST} listeners are open")
        self._sockets[command.name] = (command, _listen(command))
        return self.address(command.name)

    def close(self, command: CloseListener) -> Done:
        """Close the keeper's copy."""
        self.named(command.name).close()
        del self._sockets[command.name]
        return Done()

    def named(self, name: str) -> socket.socket:
        """The socket of a name. Raises Failure not_found."""
        if name not in self._sockets:
            raise Failure("not_found", f"no listener is named {name}")
        return self._sockets[name][1]

    def address(self, name: str) -> ListenerOpened:
        """Where a listener in fact listens."""
        host, port = self.named(name).getsockname()[:2]
        return ListenerOpened(host, port)

    def state(self) -> list[tuple[dict[str, Any], int]]:
        """What the next release of the keeper goes on with: each command with the descriptor it led to."""
        return [(as_dict(command), listener.fileno()) for command, listener in self._sockets.values()]

    def resume(self, state: Iterable[tuple[dict[str, Any], int]]) -> None:
        """Go on with what was handed over."""
        for command, fd in state:
            os.set_inheritable(fd, False)
            self._sockets[command["name"]] = (build(OpenListener, command), socket.socket(fileno=fd))

    def all(self) -> list[Listener]:
        """Every listener, for the snapshot."""
        found = {name: self.address(name) for name in self._sockets}
        return [Listener(name, address.host, address.port) for name, address in found.items()]


class Pages:
    """The pages of shared memory by name: each a descriptor that children map."""

    def __init__(self) -> None:
        self._pages: dict[str, tuple[int, int]] = {}

    def open(self, command: OpenPage) -> Done:
        """Make the page, or find it there."""
        if not 0 < command.size <= LARGEST_PAGE:
            raise Failure("invalid", f"a page has 1 to {LARGEST_PAGE} bytes, found {command.size}")
        if command.name in self._pages:
            if self._pages[command.name][1] != command.size:
                raise Failure("conflict", f"page {command.name} has {self._pages[command.name][1]} bytes")
            return Done()
        if len(self._pages) >= MOST:
            raise Failure("full", f"{MOST} pages are open")
        fd = os.memfd_create("chorus", os.MFD_CLOEXEC)
        os.ftruncate(fd, command.size)
        self._pages[command.name] = (fd, command.size)
        return Done()

    def close(self, command: ClosePage) -> Done:
        """Close the keeper's copy."""
        os.close(self.named(command.name))
        del self._pages[command.name]
        return Done()

    def state(self) -> dict[str, tuple[int, int]]:
        """What the next release of the keeper goes on with: descriptor and size by name."""
        return self._pages

    def resume(self, state: Mapping[str, tuple[int, int]]) -> None:
        """Go on with what was handed over."""
        for name, (fd, size) in state.items():
            os.set_inheritable(fd, False)
            self._pages[name] = (fd, size)

    def named(self, name: str) -> int:
        """The descriptor of a page. Raises Failure not_found."""
        if name not in self._pages:
            raise Failure("not_found", f"no page is named {name}")
        return self._pages[name][0]


def _listen(command: OpenListener) -> socket.socket:
    host = "127.0.0.1" if command.host == "localhost" else command.host
    if not 0 <= command.port <= 65535:
        raise Failure("invalid", f"a port is 0 to 65535, found {command.port}")
    try:
        # Only numeric addresses: asking for a name could block everybody for as long as its server likes.
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, command.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICHOST
        )[0]
    except (socket.gaierror, ValueError) as error:
        raise Failure("address_not_available", f"{command.host!r} is no numeric address: {error}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted connections have it from here
        if host == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.setblocking(False)
        listener.bind(address)
        listener.listen(max(1, min(command.backlog, 65535)))
    except OSError as error:
        listener.close()
        code = _CODES.get(error.errno or 0, "address_not_available")
        raise Failure(code, f"cannot listen on {command.host} port {command.port}: {error.strerror}") from error
    return listener

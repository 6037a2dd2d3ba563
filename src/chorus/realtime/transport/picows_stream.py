"""What picows is shown of a connection and of a log: it asks more of both than we have, or want."""

import asyncio
import logging
import socket
from typing import Any, cast

_log = logging.getLogger(__name__)


class _QuietLog(logging.LoggerAdapter[logging.Logger]):
    """picows' log. Not a Logger, or picows would make a child of it for each connection; errors of peers are debug."""

    def error(self, msg: object, *args: object, **kwargs: Any) -> None:
        """Log what a peer did wrong."""
        self.debug(msg, *args, **kwargs)

    def info(self, msg: object, *args: object, **kwargs: Any) -> None:
        """Log that a peer came or went."""
        self.debug(msg, *args, **kwargs)


quiet_log = _QuietLog(_log, {})


def for_picows(transport: asyncio.BaseTransport) -> object:
    """What picows gets: it sets TCP options on any socket, so instead of a Unix one it is shown one that takes them."""
    family = transport.get_extra_info("socket").family
    return _UnixStream(transport) if family == socket.AF_UNIX else transport


class _UnixSocket:
    """Takes TCP options and does nothing with them."""

    def __init__(self, real: socket.socket) -> None:
        self.fileno = real.fileno

    def setsockopt(self, *_: object) -> None:
        pass

    def getsockopt(self, *_: object) -> int:
        return 0


class _UnixStream:
    """The transport of a Unix socket, as far as picows looks at it."""

    def __init__(self, real: asyncio.BaseTransport) -> None:
        self._real = real

    def get_extra_info(self, name: str, default: object = None) -> object:
        found = self._real.get_extra_info(name, default)
        return _UnixSocket(found) if name == "socket" else found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class MutedStream:
    """A transport whose peer is past the handshake: it hears nothing before `unmute`."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self.real = transport
        self._shown = for_picows(transport)
        self._muted = True

    def unmute(self) -> None:
        """What is written from now on goes out."""
        self._muted = False

    def write(self, data: bytes) -> None:
        """Write, or drop what the peer is not to hear."""
        if not self._muted:
            cast("asyncio.Transport", self.real).write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)

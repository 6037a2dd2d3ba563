"""What picows is shown of a connection and of a log: it asks more of both than we have, or want."""

import asyncio
import importlib.util
import logging
import socket
import sys
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


if importlib.util.find_spec("aiofastnet") is None:
    sys.modules.setdefault("aiofastnet", None)  # type: ignore[arg-type]  # picows tries to import it for each connection


class _Socket:
    """Takes TCP options and does nothing with them: event loops have set TCP_NODELAY, and a Unix socket has none.

    The real one costs a socket object for each option that is set or asked for.
    """

    __slots__ = ("fileno",)

    def __init__(self, real: socket.socket) -> None:
        self.fileno = real.fileno

    def setsockopt(self, *_: object) -> None:
        pass

    def getsockopt(self, *_: object) -> int:
        return 0


class PicowsStream:
    """The transport of a connection, as far as picows looks at it. What picows answers the handshake with is kept."""

    __slots__ = ("_answer", "real")

    def __init__(self, real: asyncio.BaseTransport) -> None:
        self.real = cast("asyncio.Transport", real)
        self._answer: bytes | None = b""

    def take_answer(self) -> bytes:
        """The answer to the handshake, not written yet; what is written from now on goes out."""
        answer, self._answer = self._answer, None
        return answer or b""

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Its socket, or what else is known; addresses, which are for picows' log, are not asked for."""
        match name:
            case "socket":
                return _Socket(self.real.get_extra_info("socket"))
            case "peername" | "sockname":
                return default
            case _:
                return self.real.get_extra_info(name, default)

    def write(self, data: bytes) -> None:
        """Write, or keep what belongs to the handshake."""
        if self._answer is None:
            self.real.write(data)
        else:
            self._answer += bytes(data)

    def close(self) -> None:
        """Close; a handshake that failed is answered first."""
        answer = self.take_answer()
        if answer:
            self.real.write(answer)
        self.real.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

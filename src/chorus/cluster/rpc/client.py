"""The command line's side of rpc.sock: synchronous, and light, because a command must start fast.

    with Client(path) as client:
        for answer in client.request(Restart(["chat"])):
            print(answer)                      # Progress …, then Done or Failed
        status = client.ask(Status())          # only the answer that ends it

Nobody listening is an `OSError` of the connect: FileNotFoundError, ConnectionRefusedError, PermissionError.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from chorus.cluster.messages import (
    LARGEST_MESSAGE,
    Answer,
    Final,
    MessageError,
    Progress,
    Request,
    decode_answer,
    encode,
)

TO_SEND = 30.0
"""Seconds until the manager must have taken a request in."""

_GONE = "the manager went away before the request ended"


class RpcError(ConnectionError):
    """The manager went away, or said what is no answer, before the request ended. Whether it was done is not known."""


class ManagerGone(RpcError):
    """It ended, or was killed, in the middle."""


class Client:
    """A connection to the manager; requests go one after another."""

    def __init__(
        self,
        path: str,
        *,
        connect_timeout: float = 5.0,
        timeout: float | None = None,
        on_silence: Callable[[float], None] | None = None,
    ) -> None:
        """Connect.

        Args:
            path: of rpc.sock.
            connect_timeout: seconds until the connection must stand.
            timeout: seconds the manager may be silent within a request; None: as long as it takes.
            on_silence: called instead of failing, each time it was silent for `timeout`, with the seconds of silence so
                far; it may raise RpcError.

        Raises:
            OSError: nobody listens there, or we may not talk to it.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._buffer = bytearray()
        self._timeout, self._on_silence = timeout, on_silence
        try:
            self._socket.settimeout(connect_timeout)
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def request(self, request: Request) -> Iterator[Answer]:
        """Send a request and go through its answer; the last one is the one that ends it.

        Raises:
            ManagerGone: it went away.
            RpcError: it was silent too long, or said what is no answer.
        """
        line = encode(request)
        if len(line) > LARGEST_MESSAGE:
            raise RpcError(f"the request has {len(line)} bytes, the manager takes {LARGEST_MESSAGE}")
        try:
            self._socket.settimeout(TO_SEND)
            self._socket.sendall(line)
            self._socket.settimeout(self._timeout)
            while True:
                answer = decode_answer(self._line())
                yield answer
                if not isinstance(answer, Progress):
                    return
        except TimeoutError as error:
            raise RpcError(f"the manager said nothing for {self._socket.gettimeout():g} s") from error
        except MessageError as error:
            raise RpcError(str(error)) from error
        except OSError as error:
            if isinstance(error, RpcError):
                raise
            raise ManagerGone(_GONE) from error

    def ask(self, request: Request, on_progress: Callable[[Progress], None] | None = None) -> Final:
        """Send a request and wait for the answer that ends it.

        Raises:
            RpcError: as `request`.
        """
        for answer in self.request(request):
            if not isinstance(answer, Progress):
                return answer
            if on_progress is not None:
                on_progress(answer)
        raise RpcError(_GONE)

    def interrupt(self) -> None:
        """From another thread: end a request that waits for its answer, with RpcError. What was asked for goes on."""
        with suppress(OSError):  # nobody is there any more to hang up on
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up. What was asked for goes on."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _line(self) -> bytes:
        """The next line the manager sends."""
        searched, since = 0, time.monotonic()
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > LARGEST_MESSAGE:
                raise RpcError(f"the manager sent a line of more than {LARGEST_MESSAGE} bytes")
            try:
                received = self._socket.recv(65536)
            except TimeoutError:
                if self._on_silence is None:
                    raise
                self._on_silence(time.monotonic() - since)
                continue
            if not received:
                raise ManagerGone(_GONE)
            self._buffer += received
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

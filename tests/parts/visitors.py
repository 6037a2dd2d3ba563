"""Many clients of a server over HTTP: each opens a connection, asks once, rests a moment and opens the next one.

What is not answered with 200 is a failure, kept with the client's own port: so a test can tell which process had it.
"""

import errno
import os
import selectors
import socket
import threading
import time
from collections import deque
from types import TracebackType
from typing import NamedTuple, Self

from waiting import until

PATIENCE = 30.0
"""Seconds an answer may take."""

REST = 0.04
"""Seconds between an answer and the next question: what is asked must not starve by the asking."""

_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Failure(NamedTuple):
    """A request without its answer."""

    port: int
    """The client's; 0 where it was not connected."""
    reason: str


class _Client:
    """One connection, from its first byte to its end."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.began = time.monotonic()
        self.asked = False
        self.answer = b""
        self.port = 0
        code = self.socket.connect_ex(address)
        self.refused = os.strerror(code) if code not in {0, errno.EINPROGRESS} else None

    def go_on(self) -> str | None:
        """Do what can be done; "" when it was answered, the reason when it was not, None when there is more to come."""
        try:
            if not self.asked:
                if code := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    return f"connect: {os.strerror(code)}"
                self.port = self.socket.getsockname()[1]
                self.socket.send(_REQUEST)
                self.asked = True
                return None
            received = self.socket.recv(65536)
        except BlockingIOError:
            return None
        except OSError as error:
            return f"{'read' if self.asked else 'write'}: {error.strerror}"
        self.answer += received
        if self._complete:
            return "" if self.answer.startswith(b"HTTP/1.1 200 ") else self.answer.split(b"\r\n")[0].decode()
        return None if received else f"closed after {len(self.answer)} bytes of an answer"

    @property
    def _complete(self) -> bool:
        head, end, body = self.answer.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if lengths:
            return bool(end) and len(body) >= int(lengths[0].split(b":")[1])
        return bool(end) and body.endswith(b"0\r\n\r\n")


class Visitors:
    """`with Visitors(port) as visitors:` they come until it ends."""

    def __init__(self, port: int, count: int = 32) -> None:
        self.answered = 0
        self.failures: list[Failure] = []
        self.bodies: set[bytes] = set()
        """Every different body."""
        self._address = ("127.0.0.1", port)
        self._resting: deque[float] = deque()
        """When those that rest come again."""
        self._count = count
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        self.after(self._count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def after(self, more: int) -> None:
        """Wait until so many more are answered."""
        wanted = self.answered + more
        until(lambda: self.answered >= wanted, within=PATIENCE, what=f"{more} more answers; failures {self.failures}")

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            self._resting.extend([time.monotonic()] * self._count)
            while selector.get_map() or not self._over.is_set():
                while self._resting and self._resting[0] <= time.monotonic() and not self._over.is_set():
                    self._resting.popleft()
                    self._begin(selector)
                for key, _ in selector.select(REST / 2):
                    self._look(selector, key.data)
                for key in list(selector.get_map().values()):
                    if time.monotonic() - key.data.began > PATIENCE:
                        self._end(selector, key.data, f"no answer within {PATIENCE:g} s")

    def _begin(self, selector: selectors.BaseSelector) -> None:
        client = _Client(self._address)
        selector.register(client.socket, selectors.EVENT_WRITE, client)
        if client.refused is not None:
            self._end(selector, client, client.refused)

    def _look(self, selector: selectors.BaseSelector, client: _Client) -> None:
        asked = client.asked
        outcome = client.go_on()
        if outcome is not None:
            self._end(selector, client, outcome)
        elif client.asked and not asked:
            selector.modify(client.socket, selectors.EVENT_READ, client)

    def _end(self, selector: selectors.BaseSelector, client: _Client, outcome: str) -> None:
        selector.unregister(client.socket)
        client.socket.close()
        if outcome:
            self.failures.append(Failure(client.port, outcome))
        else:
            self.answered += 1
            self.bodies.add(client.answer.partition(b"\r\n\r\n")[2])
        self._resting.append(time.monotonic() + REST)

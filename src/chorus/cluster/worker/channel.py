"""One connection on a hand-over socket: messages in both directions, some with a descriptor.

channel = Channel(sock, heard=print, lost=lambda: print("it is gone"))
channel.send(Session(0, state), descriptor)
channel.close()
"""

import asyncio
import errno
import logging
import os
import socket
from collections import deque
from collections.abc import Callable

from chorus.cluster.handover.messages import Between, Message, MessageError, Reader, Session, encode

_logger = logging.getLogger("chorus.worker")

_READ = 256 * 1024
"""Bytes read at a time."""

_MOST_DESCRIPTORS = 64
"""In one read; the system gives one message's at a time."""

_CROWDED = 0.005
"""Seconds until another try when too many descriptors are on their way."""

Heard = Callable[[Message, int | None], None]
"""Told of a message, and of the descriptor that came with a connection: whoever hears it owns it."""


class Channel:
    """Args:
    sock: connected; the channel's from now on.
    heard: called with each message.
    lost: called once when the other side is gone, or speaks another language; not after `close`.
    """

    def __init__(self, sock: socket.socket, heard: Heard, lost: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._heard = heard
        self._lost = lost
        self._reader = Reader()
        self._descriptors: deque[int] = deque()
        self._out: deque[tuple[memoryview, int | None]] = deque()
        self._again: asyncio.TimerHandle | None = None
        self.open = True
        sock.setblocking(False)
        self._loop.add_reader(sock, self.read)

    @classmethod
    async def connect(cls, path: str, heard: Heard, lost: Callable[[], None]) -> "Channel":
        """To whoever listens there. Raises OSError."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, path)
        except BaseException:  # cancelled, too: nobody else has the socket
            sock.close()
            raise
        return cls(sock, heard, lost)

    def send(self, message: Message, descriptor: int | None = None) -> None:
        """Send a message; of `descriptor` a duplicate, so it may be closed at once. Lost when the channel is."""
        if not self.open:
            return
        own = os.dup(descriptor) if descriptor is not None else None
        self._out.append((memoryview(encode(message)), own))
        if len(self._out) == 1:
            self._write()

    def read(self) -> None:
        """Take what is there; the event loop calls it, too."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, _READ, _MOST_DESCRIPTORS)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
            return
        self._descriptors.extend(descriptors)
        if not data:
            self._fail(None)
            return
        try:
            messages = self._reader.feed(data)
        except MessageError as error:
            self._fail(error)
            return
        for message in messages:
            if self.open:
                self._hear(message)

    def close(self) -> None:
        """End it; what waits is dropped."""
        if not self.open:
            return
        self.open = False
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        if self._again is not None:
            self._again.cancel()
        self._socket.close()
        for descriptor in (*self._descriptors, *(own for _, own in self._out if own is not None)):
            os.close(descriptor)
        self._out.clear()
        self._descriptors.clear()

    def _write(self) -> None:
        self._again = None
        try:
            while self._out:
                data, descriptor = self._out[0]
                if descriptor is None:
                    sent = self._socket.send(data)
                else:
                    sent = socket.send_fds(self._socket, [data], [descriptor])
                    os.close(descriptor)
                if sent < len(data):
                    self._out[0] = (data[sent:], None)
                else:
                    self._out.popleft()
        except BlockingIOError:
            self._loop.add_writer(self._socket, self._write)
            return
        except OSError as error:
            if error.errno == errno.ETOOMANYREFS:  # they are counted until the other side has read them
                self._again = self._loop.call_later(_CROWDED, self._write)
            else:
                self._fail(error)
            return
        self._loop.remove_writer(self._socket)

    def _hear(self, message: Message) -> None:
        if not isinstance(message, (Session, Between)):
            self._heard(message, None)
        elif self._descriptors:
            self._heard(message, self._descriptors.popleft())
        else:
            self._fail(MessageError("a connection without a descriptor"))

    def _fail(self, error: Exception | None) -> None:
        if error is not None:
            _logger.debug("a hand-over channel ends: %s", error)
        was_open = self.open
        self.close()
        if was_open:
            self._lost()

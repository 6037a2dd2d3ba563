"""The control socket: connections of the owner, requests in, answers and facts out.

A connection costs its owner alone: its input is bounded by the longest request, and what it does not read stops being
produced: no further request is read while much waits to be sent, and a subscriber that stays behind is closed (it
connects again and asks for a snapshot).
"""

import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

from chorus.cluster.keeper import documents, wire
from chorus.cluster.keeper.loop import READ, WRITE, Loop
from chorus.cluster.keeper.wire import Failure, WireError

MOST_CONNECTIONS = 64

MOST_WAITING = 1 << 20
"""Bytes waiting to be sent at which a connection is no longer read, and of facts at which a subscriber is closed."""

_PEER = struct.Struct("3i")
_ACCEPT_PAUSE = 0.2
"""Seconds until the next try when the system has no descriptor left for a connection."""

Perform = Callable[[wire.Command], wire.Answer]


class Control:
    """Listens on keeper.sock and serves its connections."""

    def __init__(self, loop: Loop, perform: Perform) -> None:
        self._loop, self._perform = loop, perform
        self._connections: set[Connection] = set()

    def listen(self, bound: socket.socket) -> None:
        """Let clients connect to this socket."""
        self._socket = bound
        self._socket.listen(64)
        self._accept_again()

    def publish(self, happened: wire.Fact) -> None:
        """Send a fact to every subscriber."""
        line = documents.encode(documents.fact(happened))
        for connection in [each for each in self._connections if each.subscribed]:
            connection.push(line)

    def _accept_again(self) -> None:
        self._loop.watch(self._socket.fileno(), self._acceptable)

    def _acceptable(self) -> None:
        try:
            accepted, _ = self._socket.accept()
        except (BlockingIOError, ConnectionError):
            return  # gone again
        except OSError:  # no descriptor left: rest, or the loop would spin on the waiting connection
            self._loop.unwatch(self._socket.fileno())
            self._loop.at(time.monotonic() + _ACCEPT_PAUSE, self._accept_again)
            return
        _, uid, _ = _PEER.unpack(accepted.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        connection = Connection(self._loop, accepted, self._perform, self._connections.discard)
        self._connections.add(connection)
        if uid != os.geteuid():
            connection.refuse(None, Failure("permission", "only the keeper's owner may connect"))
        elif len(self._connections) > MOST_CONNECTIONS:
            connection.refuse(None, Failure("full", f"{MOST_CONNECTIONS} connections are open"))


class Connection:
    """One client."""

    def __init__(
        self, loop: Loop, accepted: socket.socket, perform: Perform, closed: Callable[["Connection"], None]
    ) -> None:
        self.subscribed = False
        self._loop, self._socket, self._perform, self._closed = loop, accepted, perform, closed
        self._in = bytearray()
        self._out = bytearray()
        self._answers = 0
        """Bytes of `_out` up to the end of its last answer; all behind are facts."""
        self._open = True
        accepted.setblocking(False)
        self._watch()

    def push(self, line: bytes) -> None:
        """Send a fact, or close when the client stays behind."""
        if len(self._out) - self._answers > MOST_WAITING:
            self._close()
        else:
            self._send(line)

    def refuse(self, number: int | None, reason: Failure) -> None:
        """Send one error and close."""
        self._send(documents.encode(documents.failure(number, reason)))
        self._close()

    def _ready(self) -> None:
        try:
            self._send(b"")
            if len(self._out) <= MOST_WAITING and self._open:
                received = self._socket.recv(1 << 16)
                if not received:
                    return self._close()
                self._in += received
        except BlockingIOError:
            pass  # only writing was possible
        except OSError:
            return self._close()  # the client went away
        return self._advance()

    def _advance(self) -> None:
        while self._open and len(self._out) <= MOST_WAITING:
            end = self._in.find(b"\n") + 1
            if not end:
                break
            line = bytes(self._in[:end])
            del self._in[:end]
            self._answer(line)
        if self._open and len(self._in) > wire.LONGEST_REQUEST:
            self.refuse(None, Failure("too_large", f"a request has at most {wire.LONGEST_REQUEST} bytes"))
        if self._open:
            self._watch()

    def _answer(self, line: bytes) -> None:
        try:
            document = documents.decode(line)
        except WireError as error:
            return self.refuse(None, Failure("invalid", str(error)))
        number = document.get("id")
        if type(number) is not int:
            return self.refuse(None, Failure("invalid", "id: expected an integer"))
        try:
            answer = documents.success(number, self._done(document))
        except Failure as failed:
            answer = documents.failure(number, failed)
        except WireError as error:
            answer = documents.failure(number, Failure("invalid", str(error)))
        except OSError as error:
            answer = documents.failure(number, Failure("system", f"{document['do']}: {error.strerror}"))
        except Exception as error:  # noqa: BLE001 - our own fault costs one answer; daemon.log has the traceback
            sys.excepthook(type(error), error, error.__traceback__)
            answer = documents.failure(number, Failure("internal", f"{document['do']}: {error!r}"))
        line = documents.encode(answer)
        self._answers = len(self._out) + len(line)
        return self._send(line)

    def _done(self, document: dict[str, Any]) -> wire.Answer:
        kind = wire.COMMANDS.get(str(document.get("do")))
        if kind is None:
            raise Failure("unknown_command", f"{document.get('do')!r} is no command of this keeper")
        command = documents.build(kind, document)
        if isinstance(command, wire.Subscribe):
            self.subscribed = True
            return wire.Done()
        return self._perform(command)

    def _send(self, line: bytes) -> None:
        self._out += line
        try:
            while self._open and self._out:
                sent = self._socket.send(self._out)
                del self._out[:sent]
                self._answers = max(0, self._answers - sent)
        except BlockingIOError:
            self._watch()
        except OSError:
            self._close()  # the client went away

    def _watch(self) -> None:
        reading = READ if len(self._out) <= MOST_WAITING else 0
        self._loop.watch(self._socket.fileno(), self._ready, reading | (WRITE if self._out else 0))

    def _close(self) -> None:
        if self._open:
            self._open = False
            self.subscribed = False
            self._loop.unwatch(self._socket.fileno())
            self._socket.close()
            self._closed(self)

"""The accept loop: one connection at a time, through the gate, from every adopted socket."""

import asyncio
import errno
import logging
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from chorus.cluster.worker.gate import HEARTBEAT, LATEST_BEATS, PATIENCE, Cell, steps_back
from chorus.cluster.worker.load import LiveConnections, LoadPage, now

FIRST_REST = 0.05
LONGEST_REST = 1.0
"""Seconds without a try when the system refuses connections, because descriptors are used up for instance."""

_THE_CLIENTS = {errno.ECONNABORTED, errno.EPROTO, errno.EINTR, errno.EPERM}
"""Errors of accept(2) that concern the one connection."""

_logger = logging.getLogger("chorus.worker")


class Acceptor:
    """Accepts on all sockets until `stop` and shows the others in the page how busy we are."""

    def __init__(
        self, listeners: Sequence[socket.socket], page: LoadPage | None, protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        self.connections: LiveConnections[Any] = LiveConnections(self._changed)
        """The connections served; the protocols add and remove themselves."""
        self._listeners, self._page, self._protocol = listeners, page, protocol
        self._expected: set[object] = set()
        """Protocols of accepted connections that uvicorn does not count yet."""
        self._beginning: set[asyncio.Task[None]] = set()
        self._rest = FIRST_REST
        self._heartbeat = 0
        self._due = 0
        """Monotonic nanoseconds at which the next heartbeat should come."""

        self._late: deque[int] = deque([0], maxlen=LATEST_BEATS)
        """Microseconds by which the last heartbeats came late."""

        self._accepting = False
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Accept from now on."""
        self._accepting = True
        self._due = time.monotonic_ns()
        self._beat()
        for listener in self._listeners:
            self._watch(listener)

    async def stop(self) -> None:
        """Accept no more; returns when what was accepted has its protocol. What waits in the queue is the others'."""
        self._accepting = False
        self._heartbeat = 0
        self._show()
        for listener in self._listeners:
            self._loop.remove_reader(listener)
            listener.close()
        if self._beginning:
            await asyncio.wait(self._beginning)

    def _beat(self) -> None:
        if self._accepting:
            self._heartbeat = now()
            moment = time.monotonic_ns()
            self._late.append(max(0, moment - self._due) // 1000)
            self._due = moment + int(HEARTBEAT * 1e9)
            self._show()
            self._loop.call_later(HEARTBEAT, self._beat)

    def _show(self) -> None:
        if self._page is not None:
            self._page.write(Cell(self._busy(), self._heartbeat, max(self._late)))

    def _busy(self) -> int:
        return len(self.connections) + len(self._expected)

    def _changed(self, protocol: object) -> None:
        self._expected.discard(protocol)
        self._show()

    def _watch(self, listener: socket.socket) -> None:
        if self._accepting:
            self._loop.add_reader(listener, self._acceptable, listener)

    def _acceptable(self, listener: socket.socket) -> None:
        if self._page is not None and steps_back(self._busy(), self._page.others(), now=now()):
            self._loop.remove_reader(listener)
            self._loop.call_later(PATIENCE, self._stood_back, listener)
        else:
            self._accept(listener)

    def _stood_back(self, listener: socket.socket) -> None:
        if self._accepting:
            self._watch(listener)
            self._accept(listener)  # if nobody took it meanwhile

    def _accept(self, listener: socket.socket) -> None:
        try:
            accepted, _ = listener.accept()
        except BlockingIOError:
            return  # another worker was first
        except OSError as error:
            if error.errno not in _THE_CLIENTS:
                self._refused(listener, error)
            return
        self._rest = FIRST_REST
        accepted.setblocking(False)
        protocol = self._protocol()
        self._expected.add(protocol)
        self._show()
        task = self._loop.create_task(self._begin(accepted, protocol))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    def _refused(self, listener: socket.socket, error: OSError) -> None:
        _logger.error("cannot accept connections: %s; trying again in %g s", error.strerror, self._rest)
        self._loop.remove_reader(listener)
        self._loop.call_later(self._rest, self._watch, listener)
        self._rest = min(2 * self._rest, LONGEST_REST)

    async def _begin(self, accepted: socket.socket, protocol: asyncio.Protocol) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: protocol, accepted)
        except OSError:  # the client went away in between
            accepted.close()
            self._changed(protocol)

"""Our end of the hand-over socket: hears what manager and other workers ask, and has it done.

    hand_over = HandOverSocket(path, application.hand_over, server_state, http=protocol)
    hand_over.start()
    await hand_over.bequeath(Patience(loop.time, step=6.0, most=60.0))      # when this worker ends: to its heirs
    hand_over.pass_on(connection)                                           # and HTTP, as soon as it is idle
    hand_over.close()

What is handed over is a descriptor and the state that the application packed; HTTP between two requests has none. It
is given up here when the other side says that it was taken, never before; what nobody takes is closed in the usual
way, and its client comes back. Giving is giver.py's, taking taker.py's.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from chorus.cluster.handover.contract import HandOver
from chorus.cluster.handover.messages import (
    Bequeath,
    Between,
    Count,
    Counted,
    Declined,
    Gave,
    Give,
    Message,
    Note,
    Offer,
    Session,
)
from chorus.cluster.handover.nothing import NOTHING_MOVES
from chorus.cluster.worker import private_socket
from chorus.cluster.worker.channel import Channel
from chorus.cluster.worker.giver import Giver, Idle
from chorus.cluster.worker.patience import Patience
from chorus.cluster.worker.taker import Taker

_logger = logging.getLogger("chorus.worker")

SUFFIX = ".hand"
"""Of the socket, beside the private one."""

GIVE_STEP, GIVE_WITHIN = 5.0, 25.0
"""Seconds for connections that the manager has moved: without progress, and for all of them together."""

_REST = 0.2
"""Seconds until the next try when no descriptor is left for who wants to speak to us."""


class HandOverSocket:
    """Args:
    path: where to listen; those of the other workers lie in the same folder.
    application: what the application brings along, or `Nothing`.
    server_state: uvicorn's; its `connections` are what may be given.
    http: makes the protocol for a connection of HTTP that comes from another worker.
    """

    def __init__(
        self,
        path: str,
        application: HandOver,
        server_state: Any,
        *,
        http: Callable[[], asyncio.Protocol],
    ) -> None:
        self._path = path
        self._application = application
        self._state = server_state
        self._taker = Taker(application, server_state, http=http)
        self._giver = Giver(application, server_state, self._path_of, self._taker.noted)
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._heard: set[Channel] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Listen."""
        self._listener = private_socket.bind(self._path)
        self._listener.setblocking(False)
        self._listener.listen(64)
        self._loop.add_reader(self._listener, self._accept)

    async def bequeath(self, patience: Patience) -> None:
        """Give everything to those whom the manager named, as far as they take it; nothing comes in any more."""
        self._read_what_waits()  # what the manager said before it told us to end
        self._taker.going = True
        await self._giver.give_all(patience)

    @property
    def has_heirs(self) -> bool:
        """Whether there is somebody to `pass_on` to."""
        return bool(self._giver.heirs)

    def pass_on(self, connection: Idle) -> None:
        """Give a connection of HTTP to one of the heirs, as soon as it is between two requests."""
        self._spawn(self._giver.pass_on(connection))

    def drain(self) -> None:
        """Have the application end what holds requests open."""
        try:
            self._application.drain()
        except Exception:  # the application's own code: draining takes as long as its requests
            _logger.exception("the application could not end what holds requests open")

    def close(self) -> None:
        """Listen and speak no more."""
        if self._resting is not None:
            self._resting.cancel()
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            with suppress(FileNotFoundError):
                os.unlink(self._path)
        for channel in list(self._heard):
            channel.close()
        self._giver.close()
        for task in self._tasks:
            task.cancel()

    # Hearing

    def _accept(self) -> bool:
        """Hear one more, if somebody waits."""
        assert self._listener is not None
        try:
            sock, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):  # nobody, or gone again
            return False
        except OSError as error:  # no descriptor is left: rest, or the loop would spin on whoever waits
            _logger.warning("nobody can be heard on the hand-over socket for now: %s", error)
            self._loop.remove_reader(self._listener)
            if self._resting is not None:
                self._resting.cancel()
            self._resting = self._loop.call_later(_REST, self._loop.add_reader, self._listener, self._accept)
            return False
        self._hear(sock)
        return True

    def _read_what_waits(self) -> None:
        while self._accept():
            pass
        for channel in list(self._heard):
            channel.read()

    def _hear(self, sock: socket.socket) -> None:
        def heard(message: Message, descriptor: int | None) -> None:
            self._told(channel, message, descriptor)

        def lost() -> None:
            self._heard.discard(channel)

        channel = Channel(sock, heard, lost)
        self._heard.add(channel)

    def _told(self, channel: Channel, message: Message, descriptor: int | None) -> None:
        match message:
            case Bequeath(heirs):
                self._giver.have_heirs(heirs)
            case Count() if not self._application.format:
                channel.send(Declined(NOTHING_MOVES))
            case Count():
                channel.send(Counted(len(self._state.connections), len(self._giver.movable())))
            case Give():
                self._spawn(self._give_some(channel, message))
            case Offer():
                self._spawn(self._taker.consider(channel, message))
            case Session() if descriptor is not None:
                self._spawn(self._taker.take(channel, message, socket.socket(fileno=descriptor)))
            case Between(number) if descriptor is not None:
                self._spawn(self._taker.serve(channel, number, socket.socket(fileno=descriptor)))
            case Note(data):
                self._taker.noted(data)
            case _:
                _logger.warning("found %s on the hand-over socket, expected a request", type(message).__name__)

    async def _give_some(self, channel: Channel, asked: Give) -> None:
        patience = Patience(self._loop.time, step=GIVE_STEP, most=GIVE_WITHIN)
        taken, reason = await self._giver.give(asked.to, asked.count, patience)
        channel.send(Gave(taken, reason))

    def _path_of(self, key: str) -> str:
        return os.path.join(os.path.dirname(self._path), os.path.basename(key) + SUFFIX)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:  # a fault of ours; others go on
            _logger.error("handing connections over: a task failed", exc_info=error)

"""Our end of the hand-over socket: takes connections from other workers, and gives ours to them.

    hand_over = HandOverSocket(path, application.hand_over, server_state, http=protocol)
    hand_over.start()
    await hand_over.bequeath(Patience(loop.time, step=6.0, most=60.0))      # when this worker ends: to its heirs
    hand_over.pass_on(connection)                                           # and HTTP, as soon as it is idle
    hand_over.close()

What is handed over is a descriptor and the state that the application packed; HTTP between two requests has none. It
is given up here when the other side says that it was taken, never before; what nobody takes is closed in the usual
way, and its client comes back.
"""

import asyncio
import itertools
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from chorus.cluster.handover import balance
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
    Refused,
    Session,
    Taken,
    Welcome,
)
from chorus.cluster.handover.nothing import NOTHING_MOVES
from chorus.cluster.worker import private_socket
from chorus.cluster.worker.channel import Channel
from chorus.cluster.worker.patience import Patience
from chorus.cluster.worker.peer import NotWelcome, Peer

_logger = logging.getLogger("chorus.worker")

SUFFIX = ".hand"
"""Of the socket, beside the private one."""

AT_ONCE = 200
"""Connections that are being handed over at a time: each of them stands still for some milliseconds."""

GIVE_STEP, GIVE_WITHIN = 5.0, 25.0
"""Seconds for connections that the manager has moved: without progress, and for all of them together."""

REST_WITHIN = 3.0
"""Seconds one connection may take to come to rest: its client has to answer a ping, and some are dead."""

ROUNDS_IN_VAIN = 2
"""So often all that are left are asked for without one that moves; then they are taken for dead."""

_REST = 0.2
"""Seconds until the next try when no descriptor is left for who wants to speak to us."""


class Idle(Protocol):
    """A connection of HTTP."""

    async def rest(self) -> int | None:
        """Its descriptor when all is written and nothing is read any more; None: it is in use, or gone."""
        ...

    def taken(self) -> None:
        """Another process has it."""
        ...

    def refused(self) -> None:
        """None has it: it is this worker's again."""
        ...


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
        self._http = http
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._going = False
        self._heirs: list[str] = []
        self._turns: Iterator[str] = iter(())
        """The heirs, one after another, again and again."""
        self._heard: set[Channel] = set()
        self._peers: dict[str, Peer] = {}
        self._connecting = asyncio.Lock()
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
        self._going = True
        if not self._heirs:
            return
        given, empty, reason = 0, 0, ""
        while empty < ROUNDS_IN_VAIN and (movable := self._movable()) and patience.left > 0:
            # Another round is for those that came meanwhile, and for clients that were slow.
            taken, reason = await self._give(self._heirs, movable, patience)
            given += taken
            empty = 0 if taken else empty + 1
        if left := len(self._movable()):
            _logger.warning("%d connections were not handed over: %s", left, reason or "there was no time left")
        if given:
            _logger.info("handed %d connections over to %s", given, ", ".join(self._heirs))
            with suppress(TimeoutError):  # whoever waits longer for an answer learns that it will not come
                async with asyncio.timeout(patience.left):
                    await self._finish()

    @property
    def has_heirs(self) -> bool:
        """Whether there is somebody to `pass_on` to."""
        return bool(self._heirs)

    def pass_on(self, connection: Idle) -> None:
        """Give a connection of HTTP to one of the heirs, as soon as it is between two requests."""
        self._spawn(self._pass_on(connection, next(self._turns)))

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
        for channel in [*self._heard, *(peer.channel for peer in self._peers.values())]:
            channel.close()
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
                self._heirs, self._turns = heirs, itertools.cycle(heirs)
            case Count() if not self._application.format:
                channel.send(Declined(NOTHING_MOVES))
            case Count():
                channel.send(Counted(len(self._state.connections), len(self._movable())))
            case Give():
                self._spawn(self._give_some(channel, message))
            case Offer():
                self._spawn(self._consider(channel, message))
            case Session() if descriptor is not None:
                self._spawn(self._take(channel, message, socket.socket(fileno=descriptor)))
            case Between(number) if descriptor is not None:
                self._spawn(self._serve(channel, number, socket.socket(fileno=descriptor)))
            case Note(data):
                self._noted(data)
            case _:
                _logger.warning("found %s on the hand-over socket, expected a request", type(message).__name__)

    async def _consider(self, channel: Channel, offer: Offer) -> None:
        if self._going:
            channel.send(Declined("it is ending, too"))
            return
        if offer.format != (ours := self._application.format):
            channel.send(Declined(f"it writes states otherwise: found {offer.format!r}, expected {ours!r}"))
            return
        try:
            await self._application.expect(offer.news)
        except Exception as error:  # whatever the application raises: nothing comes, and the other worker says why
            _logger.debug("the application does not expect connections", exc_info=True)
            channel.send(Declined(str(error) or repr(error)))
        else:
            channel.send(Welcome(len(self._state.connections)))

    async def _take(self, channel: Channel, session: Session, sock: socket.socket) -> None:
        if self._going or not channel.open:
            sock.close()
            channel.send(Refused(session.number, "it is ending, too"))
            return
        try:
            await self._application.take(sock, session.state, self._state, lambda note: channel.send(Note(note)))
        except Exception as error:  # whatever the application raises: its giver closes the connection and says why
            _logger.debug("the application did not take a connection", exc_info=True)
            channel.send(Refused(session.number, str(error) or repr(error)))
        else:
            channel.send(Taken(session.number))

    async def _serve(self, channel: Channel, number: int, sock: socket.socket) -> None:
        """Go on with a connection of HTTP: as with one that was just accepted."""
        if self._going or not channel.open:
            sock.close()
            channel.send(Refused(number, "it is ending, too"))
            return
        try:
            sock.setblocking(False)
            await self._loop.connect_accepted_socket(self._http, sock)
        except OSError as error:  # its client went away in between
            sock.close()
            channel.send(Refused(number, str(error)))
        else:
            channel.send(Taken(number))

    def _noted(self, data: bytes) -> None:
        try:
            self._application.noted(data)
        except Exception:  # the application's own code: this note is lost, others are not
            _logger.exception("a note about a connection that was handed over failed")

    # Giving

    async def _finish(self) -> None:
        try:
            await self._application.finish()
        except Exception:  # the application's own code: what was given is elsewhere, and this worker ends as it should
            _logger.exception("waiting for what is owed to connections that were handed over failed")

    def _movable(self) -> list[object]:
        return [each for each in list(self._state.connections) if self._application.carries(each)]

    async def _pass_on(self, connection: Idle, heir: str) -> None:
        descriptor = await connection.rest()
        if descriptor is None:
            return
        try:
            peer = await self._peer(heir)
        except OSError as error:
            _logger.warning("a connection of HTTP was not handed over: %s: %s", heir, error)
            connection.refused()
            return
        try:
            refused = await peer.pass_on(descriptor)
        except OSError:  # it may have it: two processes must not read one socket
            refused = None
        if refused is None:
            connection.taken()
        else:
            connection.refused()

    async def _give_some(self, channel: Channel, asked: Give) -> None:
        patience = Patience(self._loop.time, step=GIVE_STEP, most=GIVE_WITHIN)
        taken, reason = await self._give([asked.to], self._movable()[: asked.count], patience)
        channel.send(Gave(taken, reason))

    async def _give(self, heirs: Sequence[str], protocols: list[object], patience: Patience) -> tuple[int, str]:
        """Hand these over, spread evenly; how many were taken, and why not all."""
        present: dict[str, int] = {}
        reasons: list[str] = []
        try:
            news = await self._application.announce()
        except Exception as error:  # the application's own code: nothing moves, and draining goes on
            _logger.exception("preparing to hand connections over failed")
            return 0, str(error) or repr(error)

        async def offer(key: str) -> None:
            try:
                present[key] = await self._offer(key, news, within=patience.left)
            except (OSError, TimeoutError, NotWelcome) as error:
                reasons.append(f"{key}: {error or 'it does not answer'}")

        await asyncio.gather(*map(offer, heirs))
        if not present:
            return 0, "; ".join(reasons) or "nobody is there to take them"
        shares = balance.shares(len(protocols), present)
        recipients = [self._peers[key] for key, count in shares.items() for _ in range(count)]
        limit = asyncio.Semaphore(AT_ONCE)
        failures: list[Exception] = []

        async def give(protocol: object, peer: Peer) -> bool:
            async with limit:
                left = min(REST_WITHIN, patience.left)
                try:
                    departure = await self._application.pack(protocol, within=left) if left > 0 else None
                    taken = departure is not None and await peer.hand_over(departure)
                except Exception as error:  # noqa: BLE001 - the application's own code: this one stays, others move
                    failures.append(error)
                    return False
                if taken:
                    patience.renew()
                return taken

        results = await asyncio.gather(*map(give, protocols, recipients))
        if failures:
            _logger.error("handing %d connections over failed, the first with", len(failures), exc_info=failures[0])
        taken = sum(results)
        return taken, "" if taken == len(protocols) else f"{len(protocols) - taken} could not be moved"

    async def _offer(self, key: str, news: bytes, *, within: float) -> int:
        peer = await self._peer(key)
        async with asyncio.timeout(within):
            return await peer.offer(Offer(self._application.format, news))

    async def _peer(self, key: str) -> Peer:
        """Raises OSError."""
        async with self._connecting:
            peer = self._peers.get(key)
            if peer is None or not peer.channel.open:
                peer = self._peers[key] = await Peer.connect(self._path_of(key), self._noted)
            return peer

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

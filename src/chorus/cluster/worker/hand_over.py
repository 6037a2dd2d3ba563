"""Our end of the hand-over socket: takes connections from other workers, and gives ours to them.

    hand_over = HandOverSocket(path, application.hand_over, server_state)
    hand_over.start()
    await hand_over.bequeath(Patience(loop.time, step=6.0, most=60.0))      # when this worker ends: to its heirs
    hand_over.close()

What is handed over is a descriptor and the state that the application packed. It is given up here when the other side
says that it was taken, never before; what nobody takes is closed in the usual way, and its client comes back.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from chorus.cluster.handover import balance
from chorus.cluster.handover.contract import Departure, HandOver
from chorus.cluster.handover.messages import (
    Bequeath,
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
from chorus.cluster.worker.channel import Channel
from chorus.cluster.worker.patience import Patience

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

ANSWER_WITHIN = 10.0
"""Seconds the other side may take to say that it took one."""

_REST = 0.2
"""Seconds until the next try when no descriptor is left for who wants to speak to us."""


class HandOverSocket:
    """Args:
    path: where to listen; those of the other workers lie in the same folder.
    application: what the application brings along.
    server_state: uvicorn's; its `connections` are what may be given.
    """

    def __init__(self, path: str, application: HandOver, server_state: Any) -> None:
        self._path = path
        self._application = application
        self._state = server_state
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._going = False
        self._heirs: list[str] = []
        self._heard: set[Channel] = set()
        self._peers: dict[str, _Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Listen."""
        if os.path.lexists(self._path):
            os.unlink(self._path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        before = os.umask(0o177)
        try:
            self._listener.bind(self._path)
        finally:
            os.umask(before)
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
                self._heirs = heirs
            case Count():
                channel.send(Counted(len(self._state.connections), len(self._movable())))
            case Give():
                self._spawn(self._give_some(channel, message))
            case Offer():
                self._spawn(self._consider(channel, message))
            case Session() if descriptor is not None:
                self._spawn(self._take(channel, message, socket.socket(fileno=descriptor)))
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
            except (OSError, TimeoutError, _NotWelcome) as error:
                reasons.append(f"{key}: {error or 'it does not answer'}")

        await asyncio.gather(*map(offer, heirs))
        if not present:
            return 0, "; ".join(reasons) or "nobody is there to take them"
        shares = balance.shares(len(protocols), present)
        recipients = [self._peers[key] for key, count in shares.items() for _ in range(count)]
        limit = asyncio.Semaphore(AT_ONCE)
        failures: list[Exception] = []

        async def give(protocol: object, peer: "_Peer") -> bool:
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
        peer = self._peers.get(key)
        if peer is None or not peer.channel.open:
            peer = self._peers[key] = await _Peer.connect(self._path_of(key), self._noted)
        async with asyncio.timeout(within):
            return await peer.offer(Offer(self._application.format, news))

    def _path_of(self, key: str) -> str:
        return os.path.join(os.path.dirname(self._path), os.path.basename(key) + SUFFIX)

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _NotWelcome(Exception):
    """The other side takes nothing; the text says why."""


class _Peer:
    """A worker that we give connections to; kept for the notes about them."""

    def __init__(self, noted: Callable[[bytes], None]) -> None:
        self.channel: Channel
        self._noted = noted
        self._offered: asyncio.Future[int] | None = None
        self._waiting: dict[int, asyncio.Future[str | None]] = {}
        self._number = 0

    @classmethod
    async def connect(cls, path: str, noted: Callable[[bytes], None]) -> "_Peer":
        """Raises OSError."""
        peer = cls(noted)
        peer.channel = await Channel.connect(path, peer._heard, peer._lost)
        return peer

    async def offer(self, offer: Offer) -> int:
        """How many connections it has; raises _NotWelcome."""
        self._offered = asyncio.get_running_loop().create_future()
        self.channel.send(offer)
        return await self._offered

    async def hand_over(self, departure: Departure) -> bool:
        """Whether it took this one."""
        number, self._number = self._number, self._number + 1
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            if self.channel.open:
                self.channel.send(Session(number, departure.state), departure.fileno())
            else:
                answer.set_result("it is gone")
            async with asyncio.timeout(ANSWER_WITHIN):
                refusal = await answer
        except (OSError, TimeoutError) as error:
            refusal = str(error) or "it does not answer"
        except BaseException:  # cancelled, as this worker ends: the connection is frozen, and only we know of it
            departure.refused("this worker ends")
            raise
        finally:
            self._waiting.pop(number, None)
        if refusal is not None:
            departure.refused(refusal)
            return False
        departure.taken(lambda note: self.channel.send(Note(note)))
        return True

    def _heard(self, message: Message, _descriptor: int | None) -> None:
        match message:
            case Welcome(connections):
                self._settle(self._offered, connections)
            case Declined(reason):
                if self._offered is not None and not self._offered.done():
                    self._offered.set_exception(_NotWelcome(reason))
            case Taken(number):
                self._settle(self._waiting.get(number), None)
            case Refused(number, reason):
                self._settle(self._waiting.get(number), reason)
            case Note(data):
                self._noted(data)
            case _:
                _logger.warning("found %s from a worker, expected an answer", type(message).__name__)

    def _lost(self) -> None:
        if self._offered is not None and not self._offered.done():
            self._offered.set_exception(_NotWelcome("it is gone"))
        for answer in self._waiting.values():
            self._settle(answer, "it is gone")

    @staticmethod
    def _settle(answer: "asyncio.Future[Any] | None", value: object) -> None:
        if answer is not None and not answer.done():
            answer.set_result(value)

"""Gives connections to other workers: when this one ends, and when the manager spreads them anew.

giver = Giver(application.hand_over, server_state, path_of, noted)
taken, reason = await giver.give("chat:1", 200, patience)   # some, to another worker
giver.have_heirs(["chat:1", "chat:2"])
await giver.give_all(patience)                              # everything, to the heirs
await giver.pass_on(connection)                             # HTTP, between two requests, to one of them
giver.close()
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from chorus.cluster.handover import balance
from chorus.cluster.handover.contract import HandOver
from chorus.cluster.handover.messages import Offer
from chorus.cluster.worker.patience import Patience
from chorus.cluster.worker.peer import NotWelcome, Peer

_logger = logging.getLogger("chorus.worker")

AT_ONCE = 200
"""Connections that are being handed over at a time: each of them stands still for some milliseconds."""

REST_WITHIN = 3.0
"""Seconds one connection may take to come to rest: its client has to answer a ping, and some are dead."""

ROUNDS_IN_VAIN = 2
"""So often all that are left are asked for without one that moves; then they are taken for dead."""


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


class Giver:
    """Args:
    application: what the application brings along, or `Nothing`.
    server_state: uvicorn's; its `connections` are what may be given.
    path_of: where a worker listens, by its key.
    noted: is told what a worker has to say about a connection that it took.
    """

    def __init__(
        self,
        application: HandOver,
        server_state: Any,
        path_of: Callable[[str], str],
        noted: Callable[[bytes], None],
    ) -> None:
        self.heirs: list[str] = []
        """Keys of the workers that are to have everything when this one ends."""

        self._application = application
        self._state = server_state
        self._path_of = path_of
        self._noted = noted
        self._turns: Iterator[str] = iter(())
        """The heirs, one after another, again and again."""

        self._peers: dict[str, Peer] = {}
        self._connecting = asyncio.Lock()
        self._giving = asyncio.Lock()
        """Held from choosing connections until they are taken or stay: two at once might choose the same."""

    def movable(self) -> list[object]:
        """The connections that could be given now."""
        return [each for each in list(self._state.connections) if self._application.carries(each)]

    def have_heirs(self, heirs: list[str]) -> None:
        """These are the heirs from now on."""
        self.heirs, self._turns = heirs, itertools.cycle(heirs)

    async def give_all(self, patience: Patience) -> None:
        """Give the heirs everything, as far as they take it, and wait for what is owed to it; without heirs nothing."""
        if not self.heirs:
            return
        given, empty, reason = 0, 0, ""
        while empty < ROUNDS_IN_VAIN and patience.left > 0:
            # Another round is for those that came meanwhile, and for clients that were slow.
            async with self._giving:
                if not (movable := self.movable()):
                    break
                taken, reason = await self._give(self.heirs, movable, patience)
            given += taken
            empty = 0 if taken else empty + 1
        if left := len(self.movable()):
            _logger.warning("%d connections were not handed over: %s", left, reason or "there was no time left")
        if given:
            _logger.info("handed %d connections over to %s", given, ", ".join(self.heirs))
            with suppress(TimeoutError):  # whoever waits longer for an answer learns that it will not come
                async with asyncio.timeout(patience.left):
                    await self._finish()

    async def give(self, to: str, count: int, patience: Patience) -> tuple[int, str]:
        """Give this worker so many; how many were taken, and why not all."""
        async with self._giving:
            return await self._give([to], self.movable()[:count], patience)

    async def pass_on(self, connection: Idle) -> None:
        """Give a connection of HTTP to one of the heirs, unless it is in use or gone."""
        heir = next(self._turns)
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

    def close(self) -> None:
        """Speak no more."""
        for peer in self._peers.values():
            peer.channel.close()

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

    async def _finish(self) -> None:
        try:
            await self._application.finish()
        except Exception:  # the application's own code: what was given is elsewhere, and this worker ends as it should
            _logger.exception("waiting for what is owed to connections that were handed over failed")

    async def _peer(self, key: str) -> Peer:
        """Raises OSError."""
        async with self._connecting:
            peer = self._peers.get(key)
            if peer is None or not peer.channel.open:
                peer = self._peers[key] = await Peer.connect(self._path_of(key), self._noted)
            return peer

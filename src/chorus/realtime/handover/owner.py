"""The owner's side of an upgrade that reached another instance: sessions that poll here are made ready, and given.

    owner = OwnedSessions(server, polls, mover, tell)
    await owner.answer(Claim(sid, claimant, mover.format))  # Watch(…): it listens to these rooms, and asks again
    await owner.answer(Claim(sid, claimant, mover.format))  # Ready(): from now on the session stands still
    await owner.answer(Take(sid, claimant))                 # Taken(state): it is gone from here …
    await owner.answer(Keeping(sid, claimant))              # … and this instance need not think of it any more

Theory of operation. The session polls on until everything is prepared: only when no handler of its events runs, and the
other instance hears all its rooms, does it stand still. Then what is posted is kept, unread, and so is what it is sent.
Whatever goes wrong until the client says UPGRADE, the session goes on polling as if nothing had been. Then it is packed
and leaves in one step. The client polls no more from then on: if the application does not give the session away after
all, or the other instance does not say that it has it, it is over, and its handlers are told so.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.errors import InvalidEnginePacket, NotMovable
from chorus.realtime.handover import claims, notes, pace
from chorus.realtime.handover.mover import Mover
from chorus.realtime.handover.packing import pack
from chorus.realtime.handover.state import LARGEST, WireState, encode
from chorus.realtime.server.connection import Connection
from chorus.realtime.server.hub import Crossing
from chorus.realtime.transport.polling import PollingWire

_log = logging.getLogger(__name__)

_LEAVES_WITHIN = 1.0
"""Seconds that an application may take, after UPGRADE, to be ready again to give a session away."""

_UNSURE = 5.0
"""Seconds until a session that was taken, and that nobody says to have, is over."""


class House(Protocol):
    """What is needed of the server."""

    options: EngineOptions

    def now(self) -> float:
        """Monotonic seconds."""
        ...

    def crossings(self, connection: Connection) -> dict[str, Crossing]:
        """What is to be watched when this session moves, by namespace."""
        ...

    def watch(self, crossings: Mapping[str, Crossing]) -> Callable[[], None]:
        """Hear and remember that, until what is returned is called."""
        ...

    def flush(self) -> None:
        """Write what waits for the end of the tick."""
        ...


class _Claimed:
    """A session that another instance claims."""

    def __init__(self, claimant: claims.Claimant, wire: PollingWire, connection: Connection) -> None:
        self.claimant = claimant
        self.wire = wire
        self.connection = connection
        self.watched: list[tuple[dict[str, Crossing], Callable[[], None]]] = []
        """What is watched for it, each with its end."""

        self.still = False
        self.upgraded = False
        """Whether its client has said UPGRADE: it polls no more."""

        self.ends: asyncio.TimerHandle | None = None
        self.late: list[bytes] | None = None
        """What was written to it since it was taken."""


class OwnedSessions:
    """Args:
    polls: the wires of the sessions that poll here, by sid.
    tell: tells an instance a Word.
    """

    def __init__(
        self,
        server: House,
        polls: Mapping[str, PollingWire],
        mover: Mover,
        tell: Callable[[str, claims.Word], None],
    ) -> None:
        self._server = server
        self._polls = polls
        self._mover = mover
        self._tell = tell
        self._claimed: dict[str, _Claimed] = {}

    async def answer(self, question: claims.Question) -> claims.Answer:
        """Do what another instance asks for. Cancelled, it has given up."""
        match question:
            case claims.Claim():
                return await self._prepare(question)
            case claims.Take(sid, claimant):
                return await self._give(sid, claimant)
            case claims.Keeping(sid, claimant):
                return self._let_go(sid, claimant)

    def give_up(self, sid: str, claimant: claims.Claimant) -> None:
        """The WebSocket is gone."""
        claimed = self._claimed.get(sid)
        if claimed is not None and claimed.claimant == claimant:
            self._end(sid)

    def close(self) -> None:
        """This server is going."""
        for sid in list(self._claimed):
            self._end(sid)

    # Until the client says UPGRADE

    async def _prepare(self, claim: claims.Claim) -> claims.Answer:
        if claim.format != self._mover.format:
            return claims.Refused("sessions are written otherwise here")
        claimed = self._claimed.get(claim.sid)
        if claimed is None:
            wire = self._polls.get(claim.sid)
            if wire is None or not wire.upgradable or not isinstance(wire.driver, Connection):
                return claims.Refused("no session that polls has this id, or it is upgraded already")
            claimed = self._claimed[claim.sid] = _Claimed(claim.claimant, wire, wire.driver)
            self._end_in(claim.sid, self._server.options.upgrade_timeout)
        elif claimed.claimant != claim.claimant or claimed.still:
            return claims.Refused("another WebSocket asks for this session")
        try:
            return await self._watch_or_hold(claimed)
        except (NotMovable, InvalidEnginePacket) as error:
            if self._claimed.get(claim.sid) is claimed:
                self._end(claim.sid)
            return claims.Refused(str(error))

    async def _watch_or_hold(self, claimed: _Claimed) -> claims.Answer:
        while True:
            crossings = _beyond(self._server.crossings(claimed.connection), [each for each, _ in claimed.watched])
            if crossings:
                claimed.watched.append((crossings, self._server.watch(crossings)))
                await self._pause(claimed, pace.SETTLE)
                return claims.Watch({name: (each.rooms, each.sid) for name, each in crossings.items()})
            if not claimed.connection.open:
                raise NotMovable("it ended")
            if all(client.may_leave for client in claimed.connection.clients):
                claimed.wire.keep()
                claimed.connection.hold()
                claimed.still = True
                return claims.Ready()
            await self._pause(claimed, pace.LOOK)

    async def _pause(self, claimed: _Claimed, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._claimed.get(claimed.connection.sid) is not claimed:  # nobody would end what began from here on
            raise NotMovable("it was given up meanwhile")

    # From then on

    async def _give(self, sid: str, claimant: claims.Claimant) -> claims.Answer:
        claimed = self._claimed.get(sid)
        if claimed is None or claimed.claimant != claimant or not claimed.still or claimed.upgraded:
            return claims.Refused("it does not stand still for this WebSocket")
        claimed.upgraded = True
        self._end_in(sid, _LEAVES_WITHIN)
        who = claimed.connection.request.remote or "a client"
        try:
            await self._until_it_may_leave(claimed)
            return claims.Taken(self._pack(claimed))
        except (NotMovable, InvalidEnginePacket) as error:
            _log.warning("%s: its upgrade failed: %s", who, error)
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - the application's own code, and whatever it gave to write down
            _log.exception("%s: its upgrade failed", who)
            reason = str(error) or repr(error)
        if self._claimed.get(sid) is claimed:
            self._end(sid)
        return claims.Refused(reason)

    async def _until_it_may_leave(self, claimed: _Claimed) -> None:
        """Wait for the application; the deadline ends the session.

        Raises:
            NotMovable: it has ended, or its application cannot give it away.
        """
        while True:
            if not claimed.connection.open:
                raise NotMovable("it ended")
            if all(client.may_leave for client in claimed.connection.clients):
                return
            await self._pause(claimed, pace.LOOK)

    def _pack(self, claimed: _Claimed) -> bytes:
        self._server.flush()
        connection = claimed.connection
        unsent, unheard = claimed.wire.leave()
        state = pack(connection, WireState(), now=self._server.now(), unsent=unsent, unheard=unheard)
        claimed.late = []
        connection.depart(claimed.late.append)
        self._mover.remember(connection)
        data = encode(state)
        if len(data) > LARGEST:
            raise NotMovable(f"it is {len(data)} bytes, allowed {LARGEST}")
        self._end_in(connection.sid, _UNSURE)
        return data

    def _let_go(self, sid: str, claimant: claims.Claimant) -> claims.Answer:
        claimed = self._claimed.get(sid)
        if claimed is None or claimed.claimant != claimant or claimed.late is None:
            return claims.Refused("it was given up")
        self._forget(sid)
        write = partial(self._forward, claimant.instance, sid)
        if claimed.late:
            write(b"".join(claimed.late))
        claimed.connection.forward(write)
        return claims.Done()

    def _forward(self, instance: str, sid: str, frames: bytes) -> None:
        self._tell(instance, claims.Noted(notes.encode(notes.Written(sid, frames))))

    # Its end

    def _end_in(self, sid: str, seconds: float) -> None:
        claimed = self._claimed[sid]
        if claimed.ends is not None:
            claimed.ends.cancel()
        claimed.ends = asyncio.get_running_loop().call_later(seconds, self._end, sid)

    def _end(self, sid: str) -> None:
        """The WebSocket does not get it."""
        claimed = self._claimed.get(sid)
        if claimed is None:
            return
        self._forget(sid)
        if claimed.late is not None:
            claimed.connection.stranded("transport error")
        elif claimed.upgraded:
            claimed.connection.end("transport error", 1011)
        elif claimed.still:
            claimed.connection.release()
            claimed.wire.keep_no_more()

    def _forget(self, sid: str) -> None:
        claimed = self._claimed.pop(sid)
        if claimed.ends is not None:
            claimed.ends.cancel()
        for _, end in claimed.watched:
            end()


def _beyond(crossings: dict[str, Crossing], watched: list[dict[str, Crossing]]) -> dict[str, Crossing]:
    """What of it is not watched yet."""
    beyond: dict[str, Crossing] = {}
    for name, crossing in crossings.items():
        before = [each[name] for each in watched if name in each and each[name].sid == crossing.sid]
        rooms = set(crossing.rooms).difference(*(each.rooms for each in before))
        if rooms or not before:
            beyond[name] = Crossing(tuple(sorted(rooms)), crossing.sid)
    return beyond

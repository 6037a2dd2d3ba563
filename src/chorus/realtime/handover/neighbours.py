"""Upgrades that reach another instance than the one where their session polls: both ends, on the backplane.

    neighbours = Neighbours(server, "1", backplane, polls, mover)
    neighbours.start()
    driver = neighbours.claim("0.c2lk…")     # of a WebSocket that is here, for a session that polls at "0"

Why the session moves, and its frames are not carried: docs/decisions/upgrade-anywhere.md.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Protocol

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.errors import StateRefused
from chorus.realtime.handover import claims
from chorus.realtime.handover.claim import ClaimingWebSocket
from chorus.realtime.handover.mover import Mover
from chorus.realtime.handover.owner import House as OwnersHouse
from chorus.realtime.handover.owner import OwnedSessions
from chorus.realtime.handover.places import Full, Places
from chorus.realtime.handover.state import SessionState
from chorus.realtime.server.connection import Connection
from chorus.realtime.server.hub import Crossing
from chorus.realtime.transport.polling import PollingWire

_log = logging.getLogger(__name__)

_TOPIC = "claims"

_MOST_CLAIMS = 500
"""WebSockets at a time that ask for a session of another instance: whoever connects may make up an id, and an owner
to whom questions then go."""


class House(OwnersHouse, Protocol):
    """What is needed of the server."""

    options: EngineOptions
    tasks: set[asyncio.Task[None]]


class Neighbours:
    """Args:
    polls: the wires of the sessions that poll here, by sid.
    is_gone: whether an instance has said that it ends.
    """

    def __init__(
        self,
        server: House,
        instance: str,
        backplane: Backplane,
        polls: Mapping[str, PollingWire],
        mover: Mover,
        is_gone: Callable[[str], bool],
    ) -> None:
        self._instance = instance
        self._server = server
        self._backplane = backplane
        self._mover = mover
        self._is_gone = is_gone
        self._owned = OwnedSessions(server, polls, mover, self.tell)
        self._numbers = itertools.count()
        self._claiming = Places[ClaimingWebSocket](_MOST_CLAIMS)  # one whose handshake fails is never over
        self._started = False

    @property
    def format(self) -> str:
        """How sessions are written here."""
        return self._mover.format

    def start(self) -> None:
        """Hear the others."""
        if not self._started:
            self._started = True
            self._backplane.serve(self._instance, _TOPIC, self._hear_question)
            self._backplane.subscribe(_channel(self._instance), self._hear_word)

    def close(self) -> None:
        """Hear them no more; what they were about to take stays."""
        if self._started:
            self._started = False
            self._backplane.unserve(self._instance, _TOPIC)
            self._backplane.unsubscribe(_channel(self._instance), self._hear_word)
            self._owned.close()

    def claim(self, sid: str, remote: str) -> ClaimingWebSocket | None:
        """The driver of a WebSocket from `remote` that asks for a session of another instance.

        None: its id names no other instance, or too many ask already. Such a client goes on polling, or connects anew.
        """
        owner = sid.rpartition(".")[0]
        if not owner or owner == self._instance or not self._started or self._is_gone(owner):
            return None
        claimant = claims.Claimant(self._instance, next(self._numbers))
        claiming = ClaimingWebSocket(sid, owner, claimant, self, self._server.options)
        try:
            displaced = self._claiming.take(claiming, remote, may_go=lambda each: each.is_unanswered)
        except Full as full:
            _log.info("%s: an upgrade is refused: %s", remote or "a client", full)
            return None
        for each in displaced:
            each.displace()
        return claiming

    # What a claim needs

    async def ask(self, owner: str, question: claims.Question, *, timeout: float) -> claims.Answer:
        """Ask another instance."""
        return claims.decode_answer(await self._backplane.ask(owner, _TOPIC, claims.encode(question), timeout=timeout))

    def tell(self, instance: str, word: claims.Word) -> None:
        """Tell another instance."""
        self._backplane.publish(_channel(instance), claims.encode(word))

    def watch(self, crossings: Mapping[str, Crossing]) -> Callable[[], None]:
        """Hear and remember what a session is told by that comes here."""
        return self._server.watch(crossings)

    def receive(self, owner: str, session: SessionState) -> Connection:
        """Go on with a session; it has no wire yet."""
        return self._mover.arriving(session, partial(self._note, owner))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do this beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._server.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def over(self, claiming: ClaimingWebSocket) -> None:
        """It has its session, or has given up: another may ask."""
        self._claiming.leave(claiming)

    def _note(self, owner: str, note: bytes) -> None:
        self.tell(owner, claims.Noted(note))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._server.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("an upgrade failed", exc_info=error)

    # What others say

    async def _hear_question(self, message: bytes) -> bytes:
        try:
            question = claims.decode_question(message)
        except StateRefused as error:
            return claims.encode(claims.Refused(str(error)))
        return claims.encode(await self._owned.answer(question))

    def _hear_word(self, message: bytes) -> None:
        try:
            match claims.decode_word(message):
                case claims.GivenUp(sid, claimant):
                    self._owned.give_up(sid, claimant)
                case claims.Noted(note):
                    self._mover.noted(note)
        except StateRefused as error:
            _log.warning("what another instance tells is not understood: %s", error)


def _channel(instance: str) -> str:
    return f"crossing:{instance}"

"""A WebSocket that asks to take over a session that polls at another instance: the session comes to where it is.

The client sees what it always sees: it sends a probe, is answered, lets its requests end and says UPGRADE. Between
probe and answer the owner makes the session stand still (handover/owner.py) and this instance listens to its rooms;
between UPGRADE and the first message it moves.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum, auto
from typing import Any, Protocol

from chorus.realtime.backplane.contract import NoAnswer
from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.errors import StateRefused
from chorus.realtime.handover import claims, pace
from chorus.realtime.handover.state import SessionState, decode
from chorus.realtime.server.connection import Connection
from chorus.realtime.server.hub import Crossing
from chorus.realtime.transport.contract import Wire
from chorus.realtime.transport.upgrade import PROBE, PROBED, UPGRADE

_log = logging.getLogger(__name__)

_REMEMBERS = 5.0
"""Seconds after an arrival in which what the owner had heard of the same rooms may still come here."""

_ROUNDS = 10
"""Times that a session may be found in a room that was not listened to yet, or not at rest."""


class Phase(Enum):
    """Where the upgrade is."""

    OPEN = auto()
    """The client has not sent its probe."""

    PREPARING = auto()
    """The owner is making the session ready."""

    READY = auto()
    """The probe is answered; the client has not said UPGRADE."""

    MOVING = auto()
    OVER = auto()


class Neighbours(Protocol):
    """What is needed of the instance."""

    @property
    def format(self) -> str:
        """How sessions are written here."""
        ...

    async def ask(self, owner: str, question: claims.Question, *, timeout: float) -> claims.Answer:
        """Ask another instance.

        Raises:
            NoAnswer: it does not answer.
            StateRefused: it is of another release.
        """
        ...

    def tell(self, instance: str, word: claims.Word) -> None:
        """Tell another instance."""
        ...

    def watch(self, crossings: Mapping[str, Crossing]) -> Callable[[], None]:
        """Hear and remember that, until what is returned is called."""
        ...

    def receive(self, owner: str, session: SessionState) -> Connection:
        """Go on with a session; it has no wire yet.

        Raises:
            StateRefused: that cannot be done.
        """
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do this beside everything else."""
        ...

    def over(self, claiming: "ClaimingWebSocket") -> None:
        """It has its session, or has given up."""
        ...


class ClaimingWebSocket:
    """The Driver of the WebSocket until the session is here."""

    headers: tuple[tuple[str, str], ...] = ()

    def __init__(
        self, sid: str, owner: str, claimant: claims.Claimant, neighbours: Neighbours, options: EngineOptions
    ) -> None:
        self._sid = sid
        self._owner = owner
        self._neighbours = neighbours
        self._options = options
        self._claimant = claimant
        self._phase = Phase.OPEN
        self._wire: Wire
        self._deadline: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None
        self._early: list[str | bytes] = []
        """Messages that came before the session."""

        self._lost = ""
        """Why the WebSocket is gone, when it went while the session was on its way."""

        self._closing: tuple[int, str] | None = None
        """How it is to be closed, likewise."""

        self._watched: list[Callable[[], None]] = []

    @property
    def is_unanswered(self) -> bool:
        """Whether no instance has said yet that it has the session: the client may have made its id up."""
        return self._phase in (Phase.OPEN, Phase.PREPARING)

    def displace(self) -> None:
        """Others wait, too, and this address has more of them than any."""
        self._close(1013, "too many upgrades from this address")

    # The wire calls

    def opened(self, wire: Wire) -> None:
        """Wait for the probe, and for the rest, `upgrade_timeout` seconds."""
        self._wire = wire
        self._deadline = asyncio.get_running_loop().call_later(
            self._options.upgrade_timeout, self.broken, 1002, "no upgrade in time"
        )

    def received(self, message: str | bytes) -> None:
        """First a ping that says probe, then UPGRADE, then what is for the session."""
        match self._phase:
            case Phase.OPEN if message == PROBE:
                self._phase = Phase.PREPARING
                self._work = self._neighbours.spawn(self._prepare())
            case Phase.READY if message == UPGRADE:
                self._phase = Phase.MOVING
                self._stop_waiting()
                self._wire.pause_reading()
                self._work = self._neighbours.spawn(self._move())
            case Phase.MOVING:
                self._early.append(message)
            case Phase.OVER:
                pass
            case _:
                self.broken(1002, f"found {message[:20]!r}, expected a probe and then an upgrade")

    def asked(self) -> None:
        """Nobody asks on a WebSocket."""

    def congested(self) -> None:
        """Nothing is written here but an answer to the probe."""

    def relieved(self) -> None:
        """As above."""

    def broken(self, code: int, reason: str) -> None:
        """Close this WebSocket; the session goes on polling, unless it is on its way."""
        _log.debug("an upgrade failed: %s", reason)
        self._close(code, reason)

    def shut_down(self) -> None:
        """This server is going."""
        self._close(1012, "server shutting down")

    def moved(self, wire: Wire) -> None:
        """Nobody takes over from a WebSocket."""
        raise AssertionError("a WebSocket is never upgraded")

    def lost(self, reason: str) -> None:
        """It is gone before it took over."""
        if self._phase is Phase.MOVING:
            self._lost = reason
        else:
            self._give_up()

    # Its work

    async def _prepare(self) -> None:
        for _ in range(_ROUNDS):
            match await self._ask(claims.Claim(self._sid, self._claimant, self._neighbours.format)):
                case claims.Watch(crossings):
                    self._watch({name: Crossing(rooms, sid) for name, (rooms, sid) in crossings.items()})
                    await asyncio.sleep(pace.HEARS_WITHIN)
                case claims.Ready():
                    self._phase = Phase.READY
                    self._wire.write(PROBED)
                    return
                case answer:
                    self.broken(1002, _said(answer))
                    return
        self.broken(1002, "the session does not come to rest")

    async def _move(self) -> None:
        answer = await self._ask(claims.Take(self._sid, self._claimant))
        if not isinstance(answer, claims.Taken):
            self._fail(_said(answer))
            return
        try:
            session = decode(answer.state)
            connection = self._neighbours.receive(self._owner, session)
        except StateRefused as error:
            self._fail(str(error))
            return
        self._be_over()
        self._unwatch_later()
        self._hand_over(connection, session)
        kept = await self._ask(claims.Keeping(self._sid, self._claimant))
        if not isinstance(kept, claims.Done):  # the owner has told its handlers that it is over
            connection.end("transport error", 1011, _said(kept))

    def _hand_over(self, connection: Connection, session: SessionState) -> None:
        if self._lost:
            connection.never_arrived()
            return
        self._wire.drive(connection)
        self._wire.resume_reading()
        connection.arrive(self._wire, session.unsent)
        for message in (*session.unheard, *self._early):
            connection.received(message)
        if self._closing is not None:
            connection.end(self._closing[1], self._closing[0])

    async def _ask(self, question: claims.Question) -> claims.Answer:
        try:
            return await self._neighbours.ask(self._owner, question, timeout=self._options.upgrade_timeout)
        except (NoAnswer, StateRefused) as error:
            return claims.Refused(str(error))

    # Its end

    def _close(self, code: int, reason: str) -> None:
        if self._phase is Phase.MOVING:
            self._closing = code, reason
            return
        self._give_up()
        self._wire.close(code, reason)

    def _fail(self, reason: str) -> None:
        """The client no longer polls, and the session is not here: its client has to connect anew."""
        _log.info("a session of instance %r did not get here: %s", self._owner, reason)
        self._phase = Phase.READY
        self._close(1011, "the session could not be moved")

    def _give_up(self) -> None:
        self._stop_waiting()
        if self._phase is Phase.OVER:
            return
        before = self._phase
        self._be_over()
        if before is not Phase.OPEN:
            self._neighbours.tell(self._owner, claims.GivenUp(self._sid, self._claimant))
        if self._work is not None and self._work is not asyncio.current_task():
            self._work.cancel()
        self._unwatch()

    def _be_over(self) -> None:
        self._phase = Phase.OVER
        self._neighbours.over(self)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _watch(self, crossings: dict[str, Crossing]) -> None:
        self._watched.append(self._neighbours.watch(crossings))

    def _unwatch_later(self) -> None:
        if self._watched:
            asyncio.get_running_loop().call_later(_REMEMBERS, self._unwatch)

    def _unwatch(self) -> None:
        watched, self._watched = self._watched, []
        for end in watched:
            end()


def _said(answer: claims.Answer) -> str:
    return answer.reason if isinstance(answer, claims.Refused) else f"found {type(answer).__name__}"

"""No sticky sessions: a request of long polling reaches the session it is for, on whichever instance that lives.

A sid names its owner. What is ours goes to the wire; what is another's goes to that instance over the backplane, and
its answer comes back the same way. When it does not, the client is told that its session is unknown and opens a new
one: what may have been lost on the way is then known to be lost, never skipped in silence.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum

import msgspec

from chorus.realtime.backplane.contract import Backplane, NoAnswer
from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.engineio.packets import Packet, PacketType, encode_payload
from chorus.realtime.transport.handshake import Code, refusal
from chorus.realtime.transport.polling import OK, Answer, PollingWire

_log = logging.getLogger(__name__)
_TOPIC = "polling"


class Kind(Enum):
    """What a request of long polling wants."""

    POLL = "poll"
    POST = "post"
    TOO_LARGE = "too large"
    """To post more than is allowed; its body was not read."""

    NUDGE = "nudge"
    """To have the poll answered that waits: whoever brought it is going."""


class Carried(msgspec.Struct, frozen=True, array_like=True):
    """A request on its way to the owner of its session."""

    sid: str
    kind: Kind
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_carried = msgspec.msgpack.Decoder(Carried)
_answer = msgspec.msgpack.Decoder(Answer)

_unknown = refusal(Code.UNKNOWN_SID)
_AGAIN = Answer(200, encode_payload([Packet(PacketType.NOOP)]).encode())
"""To a poll that cannot wait here: nothing has come, ask again."""

UNKNOWN_SID = Answer(_unknown.status, _unknown.body, _unknown.content_type)


class Carrier:
    """Brings requests to the wires of this instance, or to those of another.

    Args:
        wires: of this instance, by sid.
        is_gone: whether an instance has said that it ends.
    """

    def __init__(
        self,
        instance: str,
        backplane: Backplane,
        wires: Mapping[str, PollingWire],
        options: EngineOptions,
        *,
        is_gone: Callable[[str], bool],
    ) -> None:
        self._instance = instance
        self._backplane = backplane
        self._wires = wires
        self._timeout = options.ping_interval + options.ping_timeout
        self._is_gone = is_gone
        self._started = False
        self._going = False
        self._polled: Counter[str] = Counter()
        """Sessions of other instances for which polls wait here."""

        self._nudges: set[asyncio.Task[object]] = set()

    def start(self) -> None:
        """Take what others carry here."""
        if not self._started:
            self._started = True
            self._backplane.serve(self._instance, _TOPIC, self._hear)

    def close(self) -> None:
        """End that."""
        self._backplane.unserve(self._instance, _TOPIC)
        self._started = False

    def drain(self) -> None:
        """This process is going: polls that wait here for sessions of others are answered, and no more wait."""
        self._going = True
        for sid in self._polled:
            nudge = asyncio.get_running_loop().create_task(self._ask(sid, Kind.NUDGE))
            self._nudges.add(nudge)
            nudge.add_done_callback(self._nudges.discard)

    async def bring(self, sid: str, kind: Kind, body: bytes = b"") -> Answer:
        """Have a request answered by the owner of its session. Cancelled, its client has left."""
        owner = sid.rpartition(".")[0]
        if owner == self._instance or not owner:
            return await self._handle(Carried(sid, kind, body))
        if self._is_gone(owner):  # it would be waited for
            return UNKNOWN_SID
        if kind is not Kind.POLL:
            return await self._ask(sid, kind, body)
        if self._going:
            return _AGAIN
        self._polled[sid] += 1
        try:
            return await self._ask(sid, kind, body)
        finally:
            self._polled[sid] -= 1
            if not self._polled[sid]:
                del self._polled[sid]

    async def _ask(self, sid: str, kind: Kind, body: bytes = b"") -> Answer:
        owner, carried = sid.rpartition(".")[0], _encode(Carried(sid, kind, body))
        try:
            return _answer.decode(await self._backplane.ask(owner, _TOPIC, carried, timeout=self._timeout))
        except NoAnswer as error:
            _log.debug("a request of long polling: %s", error)
            return UNKNOWN_SID

    async def _hear(self, message: bytes) -> bytes:
        return _encode(await self._handle(_carried.decode(message)))

    async def _handle(self, carried: Carried) -> Answer:
        wire = self._wires.get(carried.sid)
        if wire is None:
            return UNKNOWN_SID
        match carried.kind:
            case Kind.POLL:
                return await wire.poll()
            case Kind.POST:
                return await wire.post(carried.body)
            case Kind.TOO_LARGE:
                return wire.too_large()
            case Kind.NUDGE:
                wire.nudge()
                return OK

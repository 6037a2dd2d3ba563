"""No sticky sessions: a request of long polling reaches the session it is for, on whichever instance that lives.

A sid names its owner. What is ours goes to the wire; what is another's goes to that instance over the backplane, and
its answer comes back the same way. When it does not, the client is told that its session is unknown and opens a new
one: what may have been lost on the way is then known to be lost, never skipped in silence.
"""

import logging
from collections.abc import Mapping
from enum import Enum

import msgspec

from chorus.realtime.backplane.contract import Backplane, NoAnswer
from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.transport.handshake import Code, refusal
from chorus.realtime.transport.polling import Answer, PollingWire

_log = logging.getLogger(__name__)
_TOPIC = "polling"


class Kind(Enum):
    """What a request of long polling wants."""

    POLL = "poll"
    POST = "post"
    TOO_LARGE = "too large"
    """To post more than is allowed; its body was not read."""


class Carried(msgspec.Struct, frozen=True, array_like=True):
    """A request on its way to the owner of its session."""

    sid: str
    kind: Kind
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_carried = msgspec.msgpack.Decoder(Carried)
_answer = msgspec.msgpack.Decoder(Answer)

_unknown = refusal(Code.UNKNOWN_SID)
UNKNOWN_SID = Answer(_unknown.status, _unknown.body, _unknown.content_type)


class Carrier:
    """Brings requests to the wires of this instance, or to those of another.

    Args:
        wires: of this instance, by sid.
    """

    def __init__(
        self, instance: str, backplane: Backplane, wires: Mapping[str, PollingWire], options: EngineOptions
    ) -> None:
        self._instance = instance
        self._backplane = backplane
        self._wires = wires
        self._timeout = options.ping_interval + options.ping_timeout
        self._started = False

    def start(self) -> None:
        """Take what others carry here."""
        if not self._started:
            self._started = True
            self._backplane.serve(self._instance, _TOPIC, self._hear)

    def close(self) -> None:
        """End that."""
        self._backplane.unserve(self._instance, _TOPIC)
        self._started = False

    async def bring(self, sid: str, kind: Kind, body: bytes = b"") -> Answer:
        """Have a request answered by the owner of its session. Cancelled, its client has left."""
        owner = sid.rpartition(".")[0]
        if owner == self._instance or not owner:
            return await self._handle(Carried(sid, kind, body))
        try:
            answer = await self._backplane.ask(owner, _TOPIC, _encode(Carried(sid, kind, body)), timeout=self._timeout)
        except NoAnswer as error:
            _log.debug("a request of long polling: %s", error)
            return UNKNOWN_SID
        return _answer.decode(answer)

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

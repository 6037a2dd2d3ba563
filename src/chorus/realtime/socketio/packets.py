"""Socket.IO packets and their form: a text, followed by one binary message for each attachment.

    <type>[<attachments>-][<namespace>,][<ack id>][<JSON>]

For example:

    encode(Packet(PacketType.EVENT, data=["hi", 1]))             # b'2["hi",1]', ()
    encode(Packet(PacketType.EVENT, "/a", ["hi", b"!"], id=7))
    # b'51-/a,7["hi",{"_placeholder":true,"num":0}]', (b"!",)

Whether a packet is binary shows in its data, so a Packet is an EVENT or an ACK either way. Reading is in decoder.py.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, cast

import msgspec

from chorus.realtime.errors import UsageError


class PacketType(IntEnum):
    """What a packet means; BINARY_EVENT (5) and BINARY_ACK (6) exist on the wire only."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4


class Packet(msgspec.Struct, frozen=True):
    """One packet. `data` by type: CONNECT a dict or None; DISCONNECT None; EVENT [name, *arguments]; ACK [*arguments];
    CONNECT_ERROR a dict or a text.
    """

    type: PacketType
    namespace: str = "/"
    data: Any = None
    id: int | None = None
    """Of an EVENT: the sender wants an ACK with this number."""


BINARY_EVENT = 5
BINARY_ACK = 6
RESERVED_EVENTS = frozenset(
    {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
)
"""Names with a meaning in the clients; no event may bear one."""

_json = msgspec.json.Encoder()
_BINARY = (bytes, bytearray, memoryview)
_PLAIN = frozenset({str, int, float, bool, type(None), msgspec.Raw})
_TYPES = tuple(b"%d" % number for number in range(BINARY_ACK + 1))
_MAY_BE_BINARY = frozenset(map(int, (PacketType.EVENT, PacketType.ACK)))
_EVENT = int(PacketType.EVENT)
_TO_BINARY = BINARY_EVENT - PacketType.EVENT


def encode(packet: Packet) -> tuple[bytes, tuple[bytes, ...]]:
    """Write a packet: its text as UTF-8, and its attachments.

    `data` may hold anything msgspec encodes; a `msgspec.Raw` goes in as the JSON it is.

    Raises:
        TypeError, msgspec.EncodeError, ValueError, RecursionError: `data` cannot be encoded, as msgspec says it.
    """
    return _encode(int(packet.type), packet.namespace, packet.data, packet.id)


def encode_event(namespace: str, event: Sequence[object], ack_id: int | None = None) -> tuple[bytes, tuple[bytes, ...]]:
    """The same for an EVENT, [name, *arguments], without a Packet being made."""
    return _encode(_EVENT, namespace, event, ack_id)


def _encode(kind: int, namespace: str, data: object, number: int | None) -> tuple[bytes, tuple[bytes, ...]]:
    attachments: list[bytes] = []
    if kind in _MAY_BE_BINARY and _holds_binary(data):
        data = _taken_out(data, attachments)
        kind += _TO_BINARY
    head = _TYPES[kind]
    if attachments:
        head += b"%d-" % len(attachments)
    if namespace != "/":
        head += namespace.encode() + b","
    if number is not None:
        head += b"%d" % number
    return head if data is None else head + _json.encode(data), tuple(attachments)


def check_event(name: str) -> None:
    """Pass a name that an event may have.

    Raises:
        UsageError: clients give it a meaning of their own.
    """
    if name in RESERVED_EVENTS:
        raise UsageError(f"event {name!r}: the name is reserved")


def _holds_binary(value: object) -> bool:
    """Whether bytes are anywhere in `value`. Plain recursion: what is too deep here is too deep for JSON as well.

    On the way of every event, so what events are made of is told by its exact type first.
    """
    kind = type(value)
    if kind in _PLAIN:
        return False
    inner: Any = value  # no cast() below: it is a call
    if kind is dict:
        inner = inner.values()
    elif kind is list or kind is tuple:
        pass
    elif isinstance(value, _BINARY):
        return True
    elif isinstance(value, msgspec.Struct):
        inner = [getattr(value, name) for name in value.__struct_fields__]
    elif isinstance(value, Mapping):
        inner = inner.values()
    elif not isinstance(value, (Sequence, set, frozenset)) or isinstance(value, str):
        return False
    for item in inner:  # noqa: SIM110 - any() with a generator takes twice as long
        if type(item) not in _PLAIN and _holds_binary(item):
            return True
    return False


def _taken_out(value: object, attachments: list[bytes]) -> object:
    """`value` with a placeholder for each bytes object; these go to `attachments`, in order."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, _BINARY):
        attachments.append(bytes(cast("bytes", value)))
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {key: _taken_out(inner, attachments) for key, inner in items}
    if isinstance(value, (Sequence, set, frozenset)) and not isinstance(value, str):
        return [_taken_out(inner, attachments) for inner in cast("Sequence[object]", value)]
    if isinstance(value, msgspec.Struct):
        fields = cast("dict[str, object]", msgspec.to_builtins(value, builtin_types=_BINARY))
        return _taken_out(fields, attachments)
    return value

"""Engine.IO packets and their two forms: one a WebSocket message, many in a body of long polling.

A text packet is its type's digit and the data. A binary one is the bare bytes on a WebSocket and, in a polling body,
`b` and base64. In a body packets stand between record separators.

    decode("4hello")               # Packet(PacketType.MESSAGE, "hello")
    encode(Packet(PacketType.PING))  # "2"
"""

import base64
import binascii
from collections.abc import Iterable
from enum import IntEnum

import msgspec

from chorus.realtime.errors import InvalidEnginePacket, TooLarge

RECORD_SEPARATOR = "\x1e"


class PacketType(IntEnum):
    """The digit a packet begins with."""

    OPEN = 0
    CLOSE = 1
    PING = 2
    PONG = 3
    MESSAGE = 4
    UPGRADE = 5
    NOOP = 6


class Packet(msgspec.Struct, frozen=True):
    """One packet. Only a MESSAGE may carry bytes."""

    type: PacketType
    data: str | bytes = ""


_TYPES = {str(kind.value): kind for kind in PacketType}


def decode(message: str | bytes) -> Packet:
    """Read one WebSocket message.

    Raises:
        InvalidEnginePacket: it is empty or begins with no known type.
    """
    if isinstance(message, bytes):
        return Packet(PacketType.MESSAGE, message)
    kind = _TYPES.get(message[:1])
    if kind is None:
        raise InvalidEnginePacket(f"packet type: found {message[:1]!r}, expected a digit from 0 to 6")
    return Packet(kind, message[1:])


def encode(packet: Packet) -> str | bytes:
    """Write one WebSocket message."""
    if isinstance(packet.data, bytes):
        return packet.data
    return f"{packet.type.value}{packet.data}"


def decode_payload(body: str, *, max_packets: int) -> list[Packet]:
    """Read a polling body, whole or not at all.

    Raises:
        InvalidEnginePacket: one of its packets is none.
        TooLarge: it holds more than `max_packets`.
    """
    parts = body.split(RECORD_SEPARATOR, max_packets)
    if len(parts) > max_packets:
        raise TooLarge(f"polling body: found more than {max_packets} packets")
    return [_decode_part(part) for part in parts]


def encode_payload(packets: Iterable[Packet]) -> str:
    """Write a polling body. Text data must not hold a record separator: JSON never does, it escapes it."""
    return RECORD_SEPARATOR.join(_encode_part(packet) for packet in packets)


def _decode_part(part: str) -> Packet:
    if not part.startswith("b"):
        return decode(part)
    try:
        return Packet(PacketType.MESSAGE, base64.b64decode(part[1:], validate=True))
    except (binascii.Error, ValueError):  # ValueError: characters outside ASCII
        raise InvalidEnginePacket("binary packet: found something that is not base64") from None


def _encode_part(packet: Packet) -> str:
    if isinstance(packet.data, bytes):
        return "b" + base64.b64encode(packet.data).decode("ascii")
    return f"{packet.type.value}{packet.data}"

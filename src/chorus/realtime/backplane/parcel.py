"""What travels in one published message: who sent it, and what it published to one channel in a row.

16 bytes   the sender's identity: whoever finds its own ignores the parcel
then, for each message: 4 bytes length, big-endian, and the message
"""

import struct
from collections.abc import Iterable

IDENTITY = 16
"""Bytes."""

FOREIGN = bytes(IDENTITY)
"""The identity of a sender that no instance is."""

_LENGTH = struct.Struct(">I")


def pack(identity: bytes, messages: Iterable[bytes]) -> bytes:
    """One parcel of these messages."""
    parts = [identity]
    for message in messages:
        parts += (_LENGTH.pack(len(message)), message)
    return b"".join(parts)


def unpack(parcel: bytes) -> list[bytes]:
    """The messages of a parcel, in order.

    Raises:
        ValueError: not made by `pack`.
    """
    messages: list[bytes] = []
    at = IDENTITY
    while at < len(parcel):
        begin = at + _LENGTH.size
        if begin > len(parcel):
            raise ValueError(f"a parcel of {len(parcel)} bytes ends within a length")
        at = begin + _LENGTH.unpack_from(parcel, begin - _LENGTH.size)[0]
        if at > len(parcel):
            raise ValueError(f"a parcel of {len(parcel)} bytes ends within a message, {at} expected")
        messages.append(parcel[begin:at])
    return messages

"""What trackers tell each other, as MessagePack. Pure.

A tracker numbers what it says: `version` grows by one with every word that changes something, so whoever hears a later
one than the next knows that it missed something, and asks for all of it.
"""

from collections.abc import Mapping

import msgspec


class Said(msgspec.Struct, frozen=True, tag="said", array_like=True):
    """A tracker's word, and that it lives."""

    source: str
    version: int
    whole: bool
    """`states` is all it knows; otherwise what changed since the version before, or nothing when that is the same."""

    states: Mapping[str, int]


class Wanted(msgspec.Struct, frozen=True, tag="wanted", array_like=True):
    """Somebody needs all that `source` knows; with an empty one, all that everybody knows."""

    source: str


class Left(msgspec.Struct, frozen=True, tag="left", array_like=True):
    """The tracker ends."""

    source: str


Word = Said | Wanted | Left

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)


def encode(word: Word) -> bytes:
    """As it travels."""
    return _encoder.encode(word)


def decode(message: bytes) -> Word:
    """The reverse.

    Raises:
        msgspec.MsgspecError: no tracker wrote it, or a newer one.
    """
    return _decoder.decode(message)

"""Which part of a cluster a name belongs to: https://valkey.io/topics/cluster-spec/, "Key distribution model"."""

import binascii
import itertools

SLOTS = 16_384


def slot_of(name: str) -> int:
    """The slot of a key, or of a channel of sharded pub/sub: of what its first braces hold, if they hold anything."""
    begin = name.find("{")
    end = name.find("}", begin + 1)
    hashed = name[begin + 1 : end] if begin >= 0 and end > begin + 1 else name
    return binascii.crc_hqx(hashed.encode(), 0) % SLOTS


def name_within(prefix: str, ranges: tuple[tuple[int, int], ...]) -> str:
    """A name that begins with `prefix` and lies in one of the ranges of slots, ends included.

    Raises:
        ValueError: there is no range.
    """
    if not ranges:
        raise ValueError("found no slots, expected one or more")
    names = (f"{prefix}{number}" for number in itertools.count())
    return next(name for name in names if any(first <= slot_of(name) <= last for first, last in ranges))

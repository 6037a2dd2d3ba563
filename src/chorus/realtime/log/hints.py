"""What the announcement of an entry looks like on the backplane, whoever sends it.

pack_hint(18, b'{"text":"hello"}')       # 8 bytes of seq, big-endian, and the entry, or nothing when it is large
unpack_hint(message)                     # (18, b'{"text":"hello"}')
"""

import struct

_SEQ = struct.Struct(">Q")


def log_channel(namespace: str, room: str) -> str:
    """Where the entries of a durable room are announced."""
    return f"log:{namespace}:{room}"


def pack_hint(seq: int, entry: bytes, *, largest: int) -> bytes:
    """The announcement of an entry; of one above `largest` bytes, of its number alone."""
    return _SEQ.pack(seq) + (entry if len(entry) <= largest else b"")


def unpack_hint(message: bytes) -> tuple[int, bytes]:
    """The seq, and the entry if it travelled with it.

    Raises:
        ValueError: no announcement.
    """
    if len(message) < _SEQ.size:
        raise ValueError(f"found {len(message)} bytes, expected {_SEQ.size} or more")
    (seq,) = _SEQ.unpack_from(message)
    return seq, message[_SEQ.size :]

"""WebSocket frames of a server, built once and sent to many. Pure; RFC 6455, section 5.2.

A Frame is the bytes of one or more whole WebSocket messages, as they go on the wire: final, unmasked, uncompressed. So
frames are joined by joining bytes, and other instances pass them on as they are.
"""

from collections.abc import Iterator
from typing import NewType

Frame = NewType("Frame", bytes)
"""Whole WebSocket messages of Engine.IO packets, ready to be written."""

_TEXT = 0x81
_BINARY = 0x82
_MESSAGE_HEADS = tuple(bytes((_TEXT, size, 0x34)) for size in range(126))
"""Of short texts that are Engine.IO messages, with their `4`, by size."""

PING = Frame(b"\x81\x012")
"""The Engine.IO ping: the text "2"."""


def text_frame(payload: bytes) -> Frame:
    """A text message of UTF-8 bytes."""
    return Frame(_head(_TEXT, len(payload)) + payload)


def binary_frame(payload: bytes) -> Frame:
    """A binary message."""
    return Frame(_head(_BINARY, len(payload)) + payload)


def packet_frame(text: bytes, attachments: tuple[bytes, ...] = ()) -> Frame:
    """A Socket.IO packet as Engine.IO messages: the text behind a `4`, then its attachments."""
    size = len(text) + 1
    frame = (_MESSAGE_HEADS[size] if size < 126 else _head(_TEXT, size) + b"4") + text
    if attachments:
        frame = b"".join((frame, *map(binary_frame, attachments)))
    return Frame(frame)


def frame_of(first: int, payload: bytes) -> Frame:
    """A frame with this first byte: the opcode, and what flags it has."""
    return Frame(_head(first, len(payload)) + payload)


def stem(event: Frame) -> bytes:
    """The one text message of an event without its closing bracket, for `extended`."""
    begin = 2 if event[1] < 126 else 4 if event[1] == 126 else 10
    return event[begin:-1]


def extended(stem: bytes, argument: bytes) -> Frame:
    """An event with one more argument, which is JSON."""
    return text_frame(b"".join((stem, b",", argument, b"]")))


def split(data: bytes) -> list[str | bytes]:
    """The messages of one or more frames: for a transport that is no WebSocket. Only for frames made here."""
    return [payload.decode() if kind == _TEXT else payload for kind, payload in parts(data)]


def parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """First byte and payload of each of some frames. Only for frames made here."""
    at = 0
    while at < len(data):
        kind, size = data[at], data[at + 1]
        at += 2
        if size > 125:
            width = 2 if size == 126 else 8
            size = int.from_bytes(data[at : at + width], "big")
            at += width
        yield kind, data[at : at + size]
        at += size


def _head(kind: int, size: int) -> bytes:
    if size < 126:
        return bytes((kind, size))
    if size < 65536:
        return bytes((kind, 126)) + size.to_bytes(2, "big")
    return bytes((kind, 127)) + size.to_bytes(8, "big")

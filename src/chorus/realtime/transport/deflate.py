"""permessage-deflate, RFC 7692: what is agreed with a client, and what compresses and expands its messages. Pure.

    answer = agree("permessage-deflate; client_max_window_bits")     # the header of our answer, or None
    deflater = Deflater(Compression())
    deflater.compress(frames)                                        # frames, the long ones of them compressed
    expand(payload, most=1_000_000)                                  # a client's compressed payload

Nothing is kept from one message to the next, on either side ("no context takeover"). So an idle socket costs no memory
for it (a context would cost some 300 kB), and what is sent to a thousand members of a room is compressed once: the same
bytes are right for each of them.
"""

import zlib

from chorus.realtime.engineio.options import Compression
from chorus.realtime.errors import InvalidFrame, TooLarge
from chorus.realtime.transport.frames import Frame, frame_of, parts

_ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
_COMPRESSED = 0x40
"""RSV1 of a frame's first byte."""

_TAIL = b"\x00\x00\xff\xff"
"""What every compressed message ends with, and what is left out on the wire. Section 7.2.1."""


def agree(offers: str) -> str | None:
    """Our answer to a client's Sec-WebSocket-Extensions; None when it offers nothing we do. Section 5.1."""
    for offer in offers.split(","):
        name, *parameters = (part.strip() for part in offer.split(";"))
        if name == "permessage-deflate" and _can(parameters):
            return _ANSWER
    return None


def _can(parameters: list[str]) -> bool:
    """Whether we can do what an offer asks for: all of it, but a window smaller than ours, which is the largest."""
    names: set[str] = set()
    for parameter in parameters:
        name, equals, value = (part.strip() for part in parameter.partition("="))
        bits = value.strip('"')
        if name in names:
            return False
        names.add(name)
        match name:
            case "server_no_context_takeover" | "client_no_context_takeover":
                fits = not equals
            case "server_max_window_bits":
                fits = bits == "15"
            case "client_max_window_bits":
                fits = not equals or bits in {"8", "9", "10", "11", "12", "13", "14", "15"}
            case _:
                fits = False
        if not fits:
            return False
    return True


class Deflater:
    """Compresses what a server sends, each run of frames once in a row, to however many sockets it goes."""

    __slots__ = ("_compression", "_last", "_last_compressed")

    def __init__(self, compression: Compression) -> None:
        self._compression = compression
        self._last = self._last_compressed = b""

    def compress(self, data: bytes) -> bytes:
        """The same messages, those above the threshold compressed where that makes them shorter."""
        if len(data) <= self._compression.threshold:
            return data
        if data is not self._last:
            self._last_compressed = b"".join([self._compress_frame(*part) for part in parts(data)])
            self._last = data
        return self._last_compressed

    def _compress_frame(self, kind: int, payload: bytes) -> Frame:
        if len(payload) >= self._compression.threshold:
            deflate = zlib.compressobj(self._compression.level, zlib.DEFLATED, -zlib.MAX_WBITS)
            compressed = deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
            if len(compressed) < len(payload):
                return frame_of(kind | _COMPRESSED, compressed.removesuffix(_TAIL))
        return frame_of(kind, payload)


def expand(payload: bytes, *, most: int) -> bytes:
    """What a client compressed. Never makes more than `most` bytes and one, whatever it was given.

    Raises:
        TooLarge: it is more.
        InvalidFrame: it is no deflated data.
    """
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        expanded = inflate.decompress(payload + _TAIL, most + 1)
    except zlib.error as error:
        raise InvalidFrame(f"compressed message: {error}") from None
    if len(expanded) > most:
        raise TooLarge(f"compressed message: found more than {most} bytes in {len(payload)}")
    return expanded

"""Pictures without what their camera wrote beside them: place, time, device, names. Pure.

    without_metadata(data, "image/jpeg")

The picture itself is not touched: parts of the file are left out, nothing is encoded anew. What is kept is what is
needed to show it: the profile of its colours, the density, the frames of an animation. (JPEG: ITU-T T.81 B.1; PNG: W3C
PNG 3, 11; WebP: RFC 9649; GIF: version 89a, 26.)
"""

from collections.abc import Iterator
from struct import error as cut
from struct import pack, unpack_from


class Unreadable(Exception):
    """The parts of the file do not fit together."""


def without_metadata(data: bytes, media_type: str) -> bytes:
    """The same picture with nothing beside it.

    Raises:
        Unreadable: it is broken, or not of this type.
    """
    try:
        return b"".join(_READERS[media_type](data))
    except (IndexError, KeyError, cut) as error:  # what is asked for lies behind the end
        raise Unreadable(f"not a {media_type} that can be read: {error!r}") from error


_KEPT_CHUNKS = frozenset(
    {
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs",
        b"acTL", b"fcTL", b"fdAT", b"cICP", b"mDCV", b"cLLI",
    }
)  # fmt: skip


def _png(data: bytes) -> Iterator[bytes]:
    yield data[:8]
    at = 8
    while at < len(data):
        (length,) = unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            raise Unreadable("a chunk is longer than the file")
        kind = data[at + 4 : at + 8]
        if kind in _KEPT_CHUNKS:
            yield data[at:end]
        if kind == b"IEND":
            return  # what hangs behind the picture is no part of it
        at = end
    raise Unreadable("the picture has no end")


_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_KEPT_SEGMENTS = {0xE0, 0xEE}
"""JFIF and Adobe's, which say how the colours are meant."""


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    at = 2
    while True:
        if data[at] != 0xFF:
            raise Unreadable(f"found {data[at]:#x} where a segment begins")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            yield b"\xff\xd9"
            return
        if marker in _STANDALONE:
            yield data[at : at + 2]
            at += 2
            continue
        (length,) = unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise Unreadable("a segment is longer than the file")
        profile = marker == 0xE2 and data[at + 4 : at + 16] == b"ICC_PROFILE\0"
        if profile or marker in _KEPT_SEGMENTS or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            yield data[at:end]
        at = end
        if marker == 0xDA:
            end = _end_of_scan(data, at)
            yield data[at:end]
            at = end


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the coded data ends: at a marker that is neither a stuffed byte nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise Unreadable("the picture has no end")
        if data[at + 1] != 0 and data[at + 1] not in _STANDALONE:
            return at
        at += 2


_EXTENDED, _EXIF_AND_XMP = b"VP8X", 0b1100


def _webp(data: bytes) -> Iterator[bytes]:
    (size,) = unpack_from("<I", data, 4)
    end = min(len(data), size + 8)
    kept: list[bytes] = []
    at = 12
    while at < end:
        (length,) = unpack_from("<I", data, at + 4)
        following = at + 8 + length + length % 2
        if at + 8 + length > end:
            raise Unreadable("a chunk is longer than the file")
        kind = data[at : at + 4]
        if kind == _EXTENDED:
            kept.append(data[at : at + 8] + bytes([data[at + 8] & ~_EXIF_AND_XMP]) + data[at + 9 : following])
        elif kind not in (b"EXIF", b"XMP "):
            kept.append(data[at:following])
        at = following
    body = b"".join(kept)
    yield b"RIFF" + pack("<I", len(body) + 4) + b"WEBP"
    yield body


def _gif(data: bytes) -> Iterator[bytes]:
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    yield data[:at]
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            start = at
            at += 10 + (3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0)
            at = _end_of_blocks(data, at + 1)
            yield data[start:at]
        elif data[at] == 0x21:
            end = _end_of_blocks(data, at + 2)
            comment = data[at + 1] == 0xFE
            application = data[at + 1] == 0xFF and data[at + 3 : at + 14] not in (b"NETSCAPE2.0", b"ANIMEXTS1.0")
            if not comment and not application:
                yield data[at:end]
            at = end
        else:
            raise Unreadable(f"found {data[at]:#x} where a block begins")
    yield b"\x3b"


def _end_of_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


_READERS = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp, "image/gif": _gif}

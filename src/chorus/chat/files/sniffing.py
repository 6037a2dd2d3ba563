r"""What a file is, by its content. Pure.

    media_type(b"\x89PNG\r\n…")             # "image/png", whatever the file is called

Only types that matter to somebody who gets the file are told apart; everything else is text or bytes. What a browser
would take for a page or a script is named as what it is, so that it is never served as anything that it would show.
"""

import re

HEAD = 4096
"""Bytes from the beginning that are looked at."""

BYTES = "application/octet-stream"
TEXT = "text/plain"

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_PARTS = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS = {b"avif": "image/avif", b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic"}
_MARKUP = re.compile(
    rb"<\s*(?:!--|(?:!doctype|\?xml|html|head|body|script|svg|iframe|style|title|a|div|h1|p|br|table)\b)", re.I
)
_SVG = re.compile(rb"<\s*(?:[a-z0-9]+:)?svg\b", re.I)
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def media_type(head: bytes) -> str:
    """The media type of what begins so; `head` is the first 4,096 bytes, or all there are."""
    for beginning, found in _BEGINNINGS:
        if head.startswith(beginning):
            return found
    if head[:4] == b"RIFF":
        return _PARTS.get(head[8:12], BYTES)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    return _written(head)


def _written(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _NOT_TEXT.search(head):
        return BYTES
    if _SVG.search(head):
        return "image/svg+xml"
    if _MARKUP.search(head):
        return "text/html"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(head) < HEAD or error.start < len(head) - 4:  # a character may be cut at the end of the head
            return BYTES
    return TEXT

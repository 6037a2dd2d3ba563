"""Pictures as cameras and attackers make them."""

import io
import struct
import zlib

from PIL import Image

SECRET = b"51.5007 N 0.1246 W"
"""What a camera wrote about the place, to be found in none that is served."""


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), *, orientation: int = 1, **options: object) -> bytes:
    """A picture of two colours, with metadata where the format has some: the left half is red."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    out = io.BytesIO()
    image.save(out, kind, **({} if kind == "GIF" else {"exif": exif}), comment=SECRET, **options)
    return out.getvalue()


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of some kilobytes that says it is that large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(b"\0" * 1_000_000)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )

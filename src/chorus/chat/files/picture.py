"""`python -m chorus.chat.files.picture SOURCE CLEAN PREVIEW`: a picture without its metadata, and a small one of it.

Runs as a process of its own, with a bound on memory and processor time: a picture is somebody else's input to a large
decoder, and whatever it does to that, it does it here. Prints what became of it as JSON (`Picture`); ends with 1 when
it cannot be shown, and then writes nothing that counts.
"""

import os
import resource
import sys

import msgspec
from PIL import Image, ImageOps

from chorus.chat.files.contract import Picture
from chorus.chat.files.metadata import Unreadable, without_metadata
from chorus.chat.files.sniffing import HEAD, media_type

MOST_PIXELS = 50_000_000
"""A picture with more is not decoded: 200 MB of memory."""

MOST_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space."""

MOST_SECONDS = 20
"""Of processor time."""

PREVIEW = (720, 720)
"""Pixels that the small picture has at most."""

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
"""Types that browsers show, and Pillow's names of them."""

_ORIENTATION = 0x0112
_UPRIGHT = 1


def main() -> int:
    """Do it, within bounds."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)
    try:
        made = prepare(*sys.argv[1:4])
    except (Unreadable, Image.DecompressionBombError, OSError, ValueError, SyntaxError, MemoryError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(made))
    return 0


def prepare(source: str, clean: str, preview: str) -> Picture:
    """Write the picture without metadata to `clean`, and a small one, a WebP, to `preview` if it is worth it.

    Raises:
        Unreadable: it is broken or too large.
        OSError, ValueError, SyntaxError, MemoryError: Pillow's own words for that.
    """
    with open(source, "rb") as file:
        data = file.read()
    kind = media_type(data[:HEAD])
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(source, formats=[FORMATS[kind]]) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Unreadable(f"found {image.width} × {image.height} pixels, expected at most {MOST_PIXELS}")
        turned = image.getexif().get(_ORIENTATION, _UPRIGHT) != _UPRIGHT
        if turned:  # the way it is held stands in the metadata: it is turned before they go
            width, height = _turn(image, clean, kind)
        else:
            width, height = image.size
            with open(clean, "wb") as file:
                file.write(without_metadata(data, kind))
    return Picture(width, height, _shrink(clean, preview, kind))


def _turn(image: Image.Image, clean: str, kind: str) -> tuple[int, int]:
    upright = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    upright.info.clear()
    upright.save(clean, FORMATS[kind], quality=92, exif=b"", icc_profile=profile)
    return upright.size


def _shrink(clean: str, preview: str, kind: str) -> bool:
    with Image.open(clean, formats=[FORMATS[kind]]) as image:
        large = image.width > PREVIEW[0] or image.height > PREVIEW[1] or os.path.getsize(clean) > 200_000
        image.draft("RGB", PREVIEW)
        image.load()  # a picture that cannot be decoded is found out here, whatever its size
        if not large:
            return False
        small = image.convert("RGBA" if image.has_transparency_data else "RGB")
        small.thumbnail(PREVIEW)
        small.save(preview, "WEBP", quality=80)
    return True


if __name__ == "__main__":
    sys.exit(main())

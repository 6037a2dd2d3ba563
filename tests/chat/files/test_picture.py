"""What becomes of a picture: clean, upright, with a small one beside it, and within bounds. Row 14."""

import io
import subprocess
import sys

import msgspec
import pytest
from PIL import Image

from chorus.chat.files.contract import Picture
from chorus.chat.files.metadata import Unreadable
from chorus.chat.files.picture import MOST_MEMORY, MOST_PIXELS, MOST_SECONDS, prepare
from parts.pictures import SECRET, picture

_TELLING = """
import resource, sys
from chorus.chat.files import picture
from chorus.chat.files.contract import Picture

def prepare(*_):
    memory, seconds = (resource.getrlimit(each)[0] for each in (resource.RLIMIT_AS, resource.RLIMIT_CPU))
    return Picture(memory, seconds, preview=False)

picture.prepare = prepare
sys.exit(picture.main())
"""
"""Says how much it may use where it would decode."""


@pytest.fixture
def prepared(tmp_path):
    """What `prepare` says of a picture, the clean one and the small one; b"" where none was made."""

    def make(whole):
        source, clean, small = (tmp_path / name for name in ("source", "clean", "small"))
        source.write_bytes(whole)
        made = prepare(str(source), str(clean), str(small))
        return made, clean.read_bytes(), small.read_bytes() if small.exists() else b""

    return make


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_row_14_a_picture_that_is_turned_keeps_its_colours_and_nothing_of_what_was_beside_it(prepared, kind):
    more = {"xmp": SECRET} if kind == "WEBP" else {}
    made, clean, _ = prepared(picture(kind, (64, 48), orientation=6, icc_profile=b"a profile" * 20, **more))

    assert made == Picture(48, 64, preview=False)
    assert SECRET not in clean
    with Image.open(io.BytesIO(clean)) as image:
        assert (image.size, image.info["icc_profile"]) == ((48, 64), b"a profile" * 20)
        assert not image.getexif()


def test_a_small_picture_needs_no_smaller_one_and_one_of_many_bytes_does(prepared):
    noise = Image.effect_noise((700, 700), 120)

    assert prepared(picture("PNG", (720, 720)))[0] == Picture(720, 720, preview=False)
    assert prepared(encoded(noise, "PNG"))[0] == Picture(700, 700, preview=True)


def test_row_14_the_small_picture_is_a_webp_and_as_transparent(prepared):
    _, _, small = prepared(encoded(Image.new("RGBA", (900, 600), (255, 0, 0, 0)), "PNG"))

    with Image.open(io.BytesIO(small)) as image:
        assert (image.format, image.size, image.getpixel((5, 5))[3]) == ("WEBP", (720, 480), 0)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_row_14_a_picture_of_more_pixels_than_are_decoded_is_refused(prepared):
    """It is whole, and small as a file."""
    with pytest.raises(Unreadable, match="pixels"):
        prepared(encoded(Image.new("1", (10_000, MOST_PIXELS // 10_000 + 1)), "PNG"))


def test_row_14_a_picture_whose_parts_fit_and_that_cannot_be_decoded_is_refused(prepared):
    whole = bytearray(picture("PNG"))
    coded = whole.index(b"IDAT") + 4
    whole[coded : coded + 20] = bytes(20)

    with pytest.raises((OSError, SyntaxError, ValueError)):
        prepared(bytes(whole))


def test_row_14_it_is_decoded_within_bounds_of_memory_and_of_processor_time():
    """What a picture does to its decoder, it does to a process that ends for it."""
    ran = subprocess.run([sys.executable, "-c", _TELLING], capture_output=True, check=True)

    assert msgspec.json.decode(ran.stdout, type=Picture) == Picture(MOST_MEMORY, MOST_SECONDS, preview=False)

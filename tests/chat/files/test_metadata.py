"""Pictures without what the camera wrote: the same picture, byte for byte of what is shown."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chorus.chat.files.metadata import Unreadable, without_metadata
from parts.pictures import SECRET, picture

KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}


@pytest.mark.parametrize("kind", KINDS)
def test_row_14_metadata_is_gone_and_the_picture_is_the_same(kind):
    before = picture(kind)
    assert SECRET in before

    after = without_metadata(before, KINDS[kind])

    assert SECRET not in after
    with Image.open(io.BytesIO(before)) as one, Image.open(io.BytesIO(after)) as other:
        assert not other.getexif()
        assert one.convert("RGB").tobytes() == other.convert("RGB").tobytes()


def chunk(kind, body):
    """Of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def segment(marker, body):
    """Of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def application(name, body):
    """Of a GIF."""
    return b"\x21\xff\x0b" + name + bytes([len(body)]) + body + b"\0"


@pytest.mark.parametrize(
    ("kind", "at", "part"),
    [
        ("PNG", 33, chunk(b"tEXt", b"Comment\0" + SECRET)),
        ("PNG", 33, chunk(b"zTXt", b"Comment\0\0" + zlib.compress(SECRET))),
        ("PNG", 33, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SECRET)),
        ("PNG", 33, chunk(b"tIME", struct.pack(">HBBBBB", 2026, 11, 25, 9, 30, 0))),
        ("PNG", 33, chunk(b"caMe", SECRET)),
        ("JPEG", 2, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET)),
        ("JPEG", 2, segment(0xE2, b"MPF\0" + SECRET)),
        ("JPEG", 2, segment(0xED, b"Photoshop 3.0\0" + SECRET)),
        ("GIF", 13 + 3 * 4, application(b"XMP DataXMP", SECRET)),
    ],
)
def test_row_14_whatever_else_is_written_beside_a_picture_is_gone(kind, at, part):
    """Row 14: XMP, IPTC, comments, the time, and what nobody knows."""
    whole = picture(kind)
    with_part = whole[:at] + part + whole[at:]

    assert without_metadata(with_part, KINDS[kind]) == without_metadata(whole, KINDS[kind])


def test_row_14_a_webp_has_nothing_beside_it_and_says_so():
    after = without_metadata(picture("WEBP", xmp=SECRET), "image/webp")

    assert SECRET not in after
    assert after[12:16] == b"VP8X"
    assert after[20] & 0b1100 == 0  # it says neither EXIF nor XMP


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_profile_of_the_colours_stays(kind):
    profile = b"a profile" * 20
    after = without_metadata(picture(kind, icc_profile=profile), KINDS[kind])

    with Image.open(io.BytesIO(after)) as image:
        assert image.info["icc_profile"] == profile


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def noise(mode="L"):
    """Coded, it has every byte in it."""
    return Image.effect_noise((64, 64), 120).convert(mode)


def filled(jpeg):
    """With bytes of filling before its second marker (ITU-T T.81, B.1.1.2)."""
    return jpeg[:2] + b"\xff\xff" + jpeg[2:]


@pytest.mark.parametrize(
    ("kind", "whole"),
    [
        ("PNG", encoded(Image.new("L", (8, 8), 1), "PNG", transparency=1)),
        ("PNG", encoded(noise("RGB"), "PNG", gamma=0.4)),
        ("JPEG", encoded(noise("RGB"), "JPEG")),
        ("JPEG", encoded(noise("RGB"), "JPEG", restart_marker_blocks=1)),
        ("JPEG", encoded(noise("RGB"), "JPEG", progressive=True)),
        ("JPEG", encoded(noise("CMYK"), "JPEG")),
        ("JPEG", filled(picture("JPEG"))),
        ("WEBP", encoded(noise("RGBA"), "WEBP", lossless=True, xmp=b"odd")),
        ("GIF", encoded(Image.new("P", (8, 8), 1), "GIF", transparency=1)),
    ],
)
def test_row_14_a_picture_of_any_coding_is_the_same_without_metadata(kind, whole):
    after = without_metadata(whole, KINDS[kind])

    with Image.open(io.BytesIO(whole)) as one, Image.open(io.BytesIO(after)) as other:
        assert one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes()


def test_what_hangs_behind_a_picture_is_cut_off():
    for kind, name in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")):
        assert SECRET not in without_metadata(without_metadata(picture(kind), name) + SECRET, name)


def test_what_adobe_says_of_the_colours_of_a_jpeg_stays():
    assert b"Adobe" in without_metadata(encoded(noise("CMYK"), "JPEG"), "image/jpeg")


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_stays_one(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    whole = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=40, loop=0)

    with Image.open(io.BytesIO(without_metadata(whole, KINDS[kind]))) as image:
        assert (image.n_frames, image.info["loop"]) == (3, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_row_14_a_picture_that_is_cut_is_refused(kind):
    with pytest.raises(Unreadable):
        without_metadata(picture(kind)[:-5], KINDS[kind])


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_a_broken_picture_is_refused_and_nothing_else_happens(kind, data):
    whole = picture(kind, (8, 6))
    cut = data.draw(st.integers(0, len(whole)))
    changed = bytearray(whole[:cut])
    for _ in range(data.draw(st.integers(0, 4))):
        if changed:
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))

    try:
        after = without_metadata(bytes(changed), KINDS[kind])
    except Unreadable:
        return
    assert len(after) <= len(changed) + 64

"""Pictures without what the camera wrote: the same picture, byte for byte of what is shown."""

import io

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


def test_the_profile_of_the_colours_stays():
    profile = b"a profile" * 20
    after = without_metadata(picture("JPEG", icc_profile=profile), "image/jpeg")

    with Image.open(io.BytesIO(after)) as image:
        assert image.info["icc_profile"] == profile


def test_what_hangs_behind_a_picture_is_cut_off():
    for kind, name in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")):
        assert SECRET not in without_metadata(without_metadata(picture(kind), name) + SECRET, name)


def test_an_animation_stays_one():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=40, loop=0)

    with Image.open(io.BytesIO(without_metadata(out.getvalue(), "image/gif"))) as image:
        assert (image.n_frames, image.info["loop"]) == (3, 0)


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

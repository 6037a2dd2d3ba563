"""What a file is, by its content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.files.sniffing import HEAD, media_type
from parts.pictures import picture


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04....", "application/zip"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"hello, world", "text/plain"),
        ("h\u00e9llo".encode(), "text/plain"),
        ("\u00e9".encode() * 3000, "text/plain"),
        (b"x" + "\u00e9".encode() * 3000, "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<svg:svg>", "image/svg+xml"),
        (b"  \n<!DOCTYPE html><p>", "text/html"),
        (b"text and then <script>", "text/html"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"\xff\xfe<\x00h\x00", "application/octet-stream"),
        (b"\xe9t\xe9", "application/octet-stream"),
        (b"RIFF\x00\x00\x00\x00JUNK", "application/octet-stream"),
    ],
)
def test_the_type_is_the_contents(head, kind):
    assert media_type(head[:HEAD]) == kind


@given(
    st.binary(max_size=200),
    st.sampled_from([b"<script>", b"<svg ", b"<html", b"<!doctype html"]),
    st.binary(max_size=200),
)
def test_row_14_nothing_with_markup_in_it_is_taken_for_text(before, markup, after):
    kind = media_type(before + markup + b" " + after)

    assert kind != "text/plain"

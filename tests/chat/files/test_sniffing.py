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
        (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
        (b"What is WEBP?", "text/plain"),
        (b"\x00\x00\x00\x20ftypavif", "image/avif"),
        (b"\x00\x00\x00\x20ftypheic", "image/heic"),
        *((b"x" * before + "\U0001f600".encode() * 1100, "text/plain") for before in range(4)),
    ],
)
def test_the_type_is_the_contents(head, kind):
    assert media_type(head[:HEAD]) == kind


@pytest.mark.parametrize(
    "markup",
    [
        "<!--", "<!doctype", "<?xml", "<html>", "<head>", "<body>", "<script>", "<iframe>", "<style>", "<title>", "<a>",
        "<div>", "<h1>", "<p>", "<br>", "<table>",
    ],
)  # fmt: skip
def test_row_14_a_page_is_known_by_any_beginning_of_one_in_any_case(markup):
    assert media_type(f"words {markup} words".encode()) == "text/html"
    assert media_type(f"\n{markup.upper()} words".encode()) == "text/html"


@pytest.mark.parametrize("root", [b"<svg>", b"<SVG ", b"< svg>", b"<x:svg xmlns:x='http://www.w3.org/2000/svg'>"])
def test_row_14_a_drawing_is_known_by_its_root_whatever_its_prefix(root):
    assert media_type(b"<!-- words -->" + root) == media_type(root) == "image/svg+xml"


@given(
    st.binary(max_size=200),
    st.sampled_from([b"<script>", b"<svg ", b"<html", b"<!doctype html"]),
    st.binary(max_size=200),
)
def test_row_14_nothing_with_markup_in_it_is_taken_for_text(before, markup, after):
    kind = media_type(before + markup + b" " + after)

    assert kind != "text/plain"

"""Frames, built and taken apart."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.transport.frames import binary_frame, split, text_frame


@given(st.lists(st.text(max_size=200) | st.binary(max_size=200)))
def test_frames_that_were_joined_are_taken_apart_again(messages):
    """Row 2: what waited for a WebSocket reaches a poll as it was."""
    frames = [text_frame(each.encode()) if isinstance(each, str) else binary_frame(each) for each in messages]

    assert split(b"".join(frames)) == messages


def test_frames_of_every_length_form_are_taken_apart():
    """Row 2: 7, 16 and 64 bits."""
    messages = [b"x" * size for size in (0, 125, 126, 65_535, 65_536, 100_000)]

    assert split(b"".join(map(binary_frame, messages))) == messages

"""What is said on a hand-over socket."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.handover.messages import (
    LARGEST,
    Bequeath,
    Count,
    Counted,
    Declined,
    Gave,
    Give,
    MessageError,
    Note,
    Offer,
    Reader,
    Refused,
    Session,
    Taken,
    Welcome,
    encode,
)

messages = st.one_of(
    st.builds(Bequeath, st.lists(st.text(max_size=20), max_size=4)),
    st.builds(Count),
    st.builds(Counted, st.integers(0, 10**6), st.integers(0, 10**6)),
    st.builds(Give, st.text(max_size=20), st.integers(0, 10**6)),
    st.builds(Gave, st.integers(0, 10**6), st.text(max_size=20)),
    st.builds(Offer, st.text(max_size=20), st.binary(max_size=20)),
    st.builds(Welcome, st.integers(0, 10**6)),
    st.builds(Declined, st.text(max_size=20)),
    st.builds(Session, st.integers(0, 10**6), st.binary(max_size=50)),
    st.builds(Taken, st.integers(0, 10**6)),
    st.builds(Refused, st.integers(0, 10**6), st.text(max_size=20)),
    st.builds(Note, st.binary(max_size=50)),
)


@given(st.lists(messages, max_size=6), st.data())
def test_any_split_of_the_bytes_gives_the_same_messages(said: list[object], data: st.DataObject):
    whole = b"".join(map(encode, said))
    reader, heard, rest = Reader(), [], whole

    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        heard += reader.feed(rest[:cut])
        rest = rest[cut:]

    assert heard == said


@given(st.binary(min_size=4, max_size=100))
def test_other_bytes_are_no_message_or_not_whole(data: bytes):
    with contextlib.suppress(MessageError):
        Reader().feed(data)


def test_a_message_without_an_end_is_refused_before_it_is_kept():
    with pytest.raises(MessageError, match=f"allowed {LARGEST}"):
        Reader().feed((LARGEST + 1).to_bytes(4, "big"))

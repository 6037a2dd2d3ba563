"""What servers say instead of an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.backplane.redirection import Redirection, is_demoted, is_for_now, redirection


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("MOVED 3999 127.0.0.1:6381", Redirection(3999, "127.0.0.1", 6381, moved=True)),
        ("ASK 3999 127.0.0.1:6381", Redirection(3999, "127.0.0.1", 6381, moved=False)),
        ("MOVED 0 ::1:6381", Redirection(0, "::1", 6381, moved=True)),
        ("MOVED 7 :6381", Redirection(7, "", 6381, moved=True)),
        ("MOVED 7 somewhere", None),
        ("MOVED 7", None),
        ("ASKED 7 127.0.0.1:6381", None),
        ("ERR unknown command", None),
        ("", None),
    ],
)
def test_a_redirection_says_which_slot_is_where_and_for_how_long(said, meant):
    assert redirection(said) == meant


@given(st.text() | st.from_regex(r"(MOVED|ASK) \S+ \S*"))
def test_no_words_of_a_server_raise(said):
    redirection(said)
    is_for_now(said)
    is_demoted(said)


@pytest.mark.parametrize(
    "kind",
    [
        "LOADING",
        "BUSY",
        "MASTERDOWN",
        "CLUSTERDOWN",
        "TRYAGAIN",
        "MOVED",
        "ASK",
        "READONLY",
        "ERR max number of clients reached",
    ],
)
def test_what_passes_is_worth_another_attempt(kind):
    assert is_for_now(f"{kind} and so on")
    assert not is_for_now("WRONGTYPE and so on")

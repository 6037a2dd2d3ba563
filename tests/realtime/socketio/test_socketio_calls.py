"""The answers awaited from one client."""

import pytest

from chorus.realtime.errors import TooManyCalls
from chorus.realtime.socketio.calls import Calls


def test_an_answer_finds_who_waits_for_it_once():
    """A second answer, or one nobody asked for, finds nobody."""
    calls = Calls[str](limit=2)
    first, second = calls.open("ann"), calls.open("bob")

    assert calls.close(second) == "bob"
    assert calls.close(second) is None
    assert calls.close(77) is None
    assert calls.close(first) == "ann"


def test_more_calls_than_allowed_are_refused():
    """A client that never answers holds a bounded number of futures."""
    calls = Calls[str](limit=1)
    calls.open("ann")

    with pytest.raises(TooManyCalls):
        calls.open("bob")


def test_a_number_is_not_used_twice():
    """A late answer to an earlier call must not answer a later one."""
    calls = Calls[str](limit=1)
    first = calls.open("ann")
    calls.close(first)

    assert calls.open("bob") != first

"""Row 13: what a client keeps of its durable rooms, back and forth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.log.trail import Mark, Trail

ROOMS = st.text(alphabet="ab.:-?é", max_size=4)
MARKS = st.builds(Mark, st.integers(0, 2**53), st.integers(0, 2**32 - 1))
STEPS = st.lists(st.tuples(st.sampled_from(["see", "unknown", "drop", "connect"]), ROOMS, MARKS), max_size=30)


def walked(steps) -> Trail:
    trail = Trail("nonce-_")
    for what, room, mark in steps:
        match what:
            case "see":
                trail.see(room, mark)
            case "unknown":
                trail.see(room, None)
            case "drop":
                trail.drop(room)
            case _:
                trail.pid()
    trail.pid()
    return trail


@given(STEPS)
def test_a_trail_comes_back_as_it_was_or_not_at_all(steps):
    trail = walked(steps)
    rooms = {room for what, room, _ in steps if trail.follows(room)}

    back = Trail.restore(trail.pid(), trail.offset())

    if not rooms or rooms != trail.marks().keys():
        assert back is None
    else:
        assert back is not None
        assert back.marks() == trail.marks()
        assert (back.pid(), back.offset()) == (trail.pid(), trail.offset())


@given(STEPS)
def test_a_trail_goes_to_another_process_as_it_is(steps):
    trail = walked(steps)

    there = Trail.from_state(trail.state())

    assert there.marks() == trail.marks()
    assert (there.pid(), there.offset()) == (trail.pid(), trail.offset())


@given(st.text() | st.integers() | st.none(), st.text() | st.none())
def test_whatever_comes_raises_nothing(pid, offset):
    Trail.restore(pid, offset)
    Trail.restore(walked([("see", "a", Mark(1, 1))]).pid(), f"nonce-_.{offset}")


@pytest.mark.parametrize("mark", [Mark(-3, 1), Mark(2**53 + 1, 1), Mark(1, -1), Mark(1, 2**32)])
def test_a_pid_with_marks_that_no_log_gives_is_none(mark):
    """Clients may write one themselves; a connect handler would read such numbers in `client.recovering`."""
    assert Trail.restore(walked([("see", "a", mark)]).pid(), None) is None


def test_an_offset_of_an_earlier_session_counts_for_nothing():
    """The client was sent nothing since CONNECT: it stands where its pid says."""
    trail = walked([("see", "a", Mark(1, 1))])

    back = Trail.restore(trail.pid(), "other.9-9")

    assert back is not None
    assert back.marks() == {"a": Mark(1, 1)}


def test_an_offset_from_before_connect_names_its_rooms():
    trail = Trail("n")
    trail.see("a", Mark(1, 1))
    early = trail.offset()
    trail.see("a", Mark(2, 2))
    late = Trail("n")
    late.see("a", Mark(1, 1))
    late.see("b", Mark(5, 5))

    assert Trail.restore(trail.pid(), early).marks() == {"a": Mark(1, 1)}
    assert Trail.restore(late.pid(), early) is None, "where it stands in b is not known"

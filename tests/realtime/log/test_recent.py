"""The last entries of a room, kept for clients that come back."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.log.recent import Recent


def kept(first: int, last: int, *, frames: int = 100, size: int = 1000) -> Recent[str]:
    recent: Recent[str] = Recent(frames=frames, size=size)
    for seq in range(first, last + 1):
        recent.add(seq, f"frame {seq}", 10)
    return recent


def run(first: int, last: int) -> list[tuple[int, str]]:
    return [(seq, f"frame {seq}") for seq in range(first, last + 1)]


def page(first: int, last: int) -> list[tuple[int, str, int]]:
    return [(seq, f"frame {seq}", 10) for seq in range(first, last + 1)]


def test_what_follows_a_cursor_is_given_when_all_of_it_is_here():
    recent = kept(5, 9)

    assert recent.after(4) == run(5, 9)
    assert recent.after(7) == run(8, 9)


def test_nothing_is_given_when_something_would_be_missing_or_nothing_follows():
    recent = kept(5, 9)

    assert recent.after(3) is None
    assert recent.after(9) is None
    assert recent.after(12) is None
    assert Recent[str](frames=9, size=9).after(0) is None


def test_the_oldest_give_way_beyond_either_bound():
    assert kept(1, 50, frames=3).after(47) == run(48, 50)
    assert kept(1, 50, frames=3).after(46) is None
    assert kept(1, 50, size=25).after(48) == run(49, 50)
    assert kept(1, 50, size=25).after(47) is None


def test_a_jump_lets_go_of_what_was_before():
    recent = kept(1, 5)
    recent.add(9, "frame 9", 10)

    assert recent.after(8) == run(9, 9)
    assert recent.after(4) is None


def test_older_entries_join_on_in_front_as_far_as_they_fit():
    recent = kept(8, 9, frames=4)

    recent.put_before(page(3, 8), position=9)

    assert recent.after(5) == run(6, 9)
    assert recent.after(4) is None


def test_a_page_that_ends_at_the_position_fills_an_empty_memory_and_any_other_does_not():
    ends_there: Recent[str] = Recent(frames=9, size=900)
    ends_earlier: Recent[str] = Recent(frames=9, size=900)

    ends_there.put_before(page(3, 6), position=6)
    ends_earlier.put_before(page(3, 5), position=6)

    assert ends_there.after(2) == run(3, 6)
    assert ends_earlier.after(2) is None


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 6)), max_size=30))
def test_whatever_was_put_what_is_given_has_no_gap_and_ends_at_the_position(pages):
    recent = kept(10, 12, frames=8)
    for first, length in pages:
        recent.put_before(page(first, first + length), position=12)

    for cursor in range(15):
        given_ = recent.after(cursor)
        assert given_ is None or given_ == run(cursor + 1, 12)

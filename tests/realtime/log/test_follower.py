"""The order of a room's entries, one sentence a test."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.log.contract import Entry
from chorus.realtime.log.follower import Follower, Gap, Patience


def data(seq: int) -> bytes:
    return b"%d" % seq


def entries(first: int, last: int) -> list[Entry]:
    return [Entry(seq, data(seq)) for seq in range(first, last + 1)]


def test_the_next_entry_is_released_at_once():
    follower = Follower(position=4)

    released = follower.hear(5, data(5), now=0.0)

    assert released == entries(5, 5)
    assert follower.position == 5
    assert follower.due() is None


def test_an_entry_heard_again_is_not_released_again():
    follower = Follower(position=4)
    follower.hear(5, data(5), now=0.0)

    assert follower.hear(5, data(5), now=0.0) == []
    assert follower.hear(3, data(3), now=0.0) == []


def test_entries_in_the_wrong_order_are_released_in_the_right_one_without_reading():
    follower = Follower(position=4)

    assert follower.hear(7, data(7), now=0.0) == []
    assert follower.hear(6, data(6), now=0.0) == []
    assert follower.hear(5, data(5), now=0.01) == entries(5, 7)
    assert follower.due() is None


def test_a_gap_is_read_after_a_moment_and_no_further_than_what_is_held():
    follower = Follower(4, Patience(patience=0.02))

    follower.hear(7, data(7), now=1.0)

    assert follower.due() == 1.02
    assert follower.gap() == Gap(after=4, limit=2)
    assert follower.take(4, entries(5, 6), now=1.03) == entries(5, 7)
    assert follower.due() is None


def test_where_hints_are_late_a_gap_is_waited_for_as_long_as_they_usually_are():
    follower = Follower(4, Patience(patience=0.02, longest_patience=0.5))
    follower.hear(6, data(6), now=1.0)
    follower.hear(5, data(5), now=1.01)
    follower.hear(8, data(8), now=2.0)

    assert round(follower.due() - 2.0, 3) == 0.03

    follower.hear(7, data(7), now=2.1)
    follower.hear(10, data(10), now=3.0)

    assert follower.due() > 3.1


def test_a_hint_that_comes_after_its_entry_was_read_teaches_to_wait_longer():
    follower = Follower(4, Patience(patience=0.02, longest_patience=0.5))
    follower.hear(6, data(6), now=1.0)
    follower.take(4, entries(5, 5), now=1.02)
    follower.hear(5, data(5), now=1.1)
    follower.hear(8, data(8), now=2.0)

    assert round(follower.due() - 2.0, 3) == 0.3


def test_a_hint_that_never_comes_teaches_nothing():
    follower = Follower(4, Patience(patience=0.02))
    follower.hear(6, data(6), now=1.0)
    follower.take(4, entries(5, 5), now=1.02)
    follower.hear(6, data(6), now=9.0)
    follower.hear(8, data(8), now=10.0)

    assert follower.due() == 10.02


def test_when_one_gap_is_filled_the_next_has_its_own_time():
    follower = Follower(4, Patience(patience=0.02))
    follower.hear(6, data(6), now=1.0)
    follower.hear(8, data(8), now=1.0)

    follower.hear(5, data(5), now=1.005)

    assert follower.due() == 1.025


def test_an_entry_announced_without_its_data_is_read():
    follower = Follower(position=4)

    assert follower.hear(5, b"", now=0.0) == []

    assert follower.gap() == Gap(after=4, limit=1)


def test_what_the_log_knows_and_nobody_told_is_read_in_pages():
    follower = Follower(4, Patience(page=10))
    assert follower.learn(30, now=0.0)

    assert follower.gap() == Gap(after=4, limit=10)
    assert follower.take(4, entries(5, 14), now=1.0) == entries(5, 14)
    assert follower.due() == 1.0
    assert follower.gap() == Gap(after=14, limit=10)


def test_the_position_of_the_log_is_no_news_when_a_hint_told_it():
    follower = Follower(position=4)
    follower.hear(6, data(6), now=0.0)

    assert not follower.learn(6, now=0.0)
    assert not follower.learn(4, now=0.0)


def test_entries_beyond_the_bound_are_let_go_and_read_in_their_turn():
    follower = Follower(0, Patience(held=3))
    for seq in (5, 4, 3, 2, 6):
        follower.hear(seq, data(seq), now=0.0)

    assert follower.hear(1, data(1), now=0.0) == entries(1, 4)
    assert follower.gap() == Gap(after=4, limit=2)


def test_the_bytes_held_are_bounded():
    follower = Follower(0, Patience(held_bytes=100))
    follower.hear(3, b"x" * 60, now=0.0)
    follower.hear(4, b"x" * 60, now=0.0)

    assert follower.hear(2, b"x" * 10, now=0.0) == []
    assert [entry.seq for entry in follower.hear(1, b"x", now=0.0)] == [1, 2, 3]


def test_a_failed_read_is_repeated_later_and_later_and_forgets_nothing():
    follower = Follower(0, Patience(retry=0.1, longest_retry=0.3))
    follower.hear(2, data(2), now=0.0)

    waits = []
    for _ in range(20):
        follower.fail(now=1.0)
        waits.append(round(follower.due() - 1.0, 3))

    assert waits[:4] == [0.1, 0.2, 0.3, 0.3]
    assert follower.take(0, entries(1, 1), now=2.0) == entries(1, 2)


def test_a_hint_that_the_log_does_not_confirm_is_forgotten_in_the_end():
    follower = Follower(0, Patience(belief=3))
    follower.hear(9, data(9), now=0.0)

    for _ in range(3):
        assert follower.take(0, [], now=1.0) == []

    assert follower.due() is None
    assert follower.gap() is None
    assert follower.hear(1, data(1), now=2.0) == entries(1, 1)


def test_a_page_with_a_hole_is_believed_up_to_the_hole():
    follower = Follower(position=0)
    follower.learn(4, now=0.0)

    assert follower.take(0, [*entries(1, 2), *entries(4, 4)], now=0.0) == entries(1, 2)
    assert follower.gap() == Gap(after=2, limit=2)


def test_a_page_from_before_the_position_brings_only_what_is_new():
    follower = Follower(position=3)

    assert follower.take(0, entries(1, 5), now=0.0) == entries(4, 5)
    assert follower.due() is None


def test_skipping_goes_on_behind_what_is_gone():
    follower = Follower(position=3)
    follower.hear(9, data(9), now=0.0)
    follower.hear(11, data(11), now=0.0)

    assert follower.skip_to(8, now=0.0) == entries(9, 9)
    assert follower.gap() == Gap(after=9, limit=1)


@given(
    st.integers(0, 5),
    st.lists(st.one_of(st.integers(1, 40), st.just("read"), st.just("fail"), st.just("learn")), max_size=80),
)
def test_whatever_is_heard_every_entry_is_released_once_in_order(position, happenings):
    """Hints in any order and number, reads that fail: at the end one look at the log's position completes the room."""
    follower = Follower(position, Patience(held=4, page=3, belief=2))
    released: list[Entry] = []
    for now, happening in enumerate(happenings):
        if isinstance(happening, int):
            released += follower.hear(happening, data(happening), now=float(now))
        elif happening == "learn":
            follower.learn(40, now=float(now))
        elif gap := follower.gap():
            if happening == "read":
                released += follower.take(gap.after, entries(gap.after + 1, gap.after + gap.limit), now=float(now))
            else:
                follower.fail(now=float(now))

    follower.learn(40, now=100.0)
    while gap := follower.gap():
        assert follower.due() is not None
        released += follower.take(gap.after, entries(gap.after + 1, gap.after + gap.limit), now=100.0)

    assert released == entries(position + 1, 40)

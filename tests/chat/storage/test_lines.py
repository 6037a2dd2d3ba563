"""Lines that are kept, up to so many bytes."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.storage.lines import Lines

AT = 1000


def kept(lines, *places):
    return [seq in lines.of(channel) for channel, seq in places]


def test_the_channel_longest_unused_gives_way_first_and_of_it_what_was_kept_first():
    lines = Lines(most=4 * 400)
    for channel, seq in ((1, 1), (1, 2), (2, 1), (2, 2)):
        lines.keep(channel, seq, AT, b"x" * 100)
    assert lines.of(1)[1] == (AT, b"x" * 100)
    lines.keep(3, 1, AT, b"x" * 100)

    assert kept(lines, (1, 1), (1, 2), (2, 1), (2, 2), (3, 1)) == [True, True, False, True, True]


def test_a_channel_alone_keeps_what_came_last():
    lines = Lines(most=2 * 400)
    for seq in (1, 2, 3):
        lines.keep(1, seq, AT, b"x" * 100)

    assert kept(lines, (1, 1), (1, 2), (1, 3)) == [False, True, True]


def test_a_line_in_the_place_of_another_counts_once():
    lines = Lines(most=1000)
    for size in (600, 10, 600, 10):
        lines.keep(1, 1, AT, b"x" * size)
    lines.keep(1, 2, AT, b"x" * 100)

    assert lines.of(1)[1] == (AT, b"x" * 10)


def test_a_line_that_is_larger_than_all_of_it_is_not_kept():
    lines = Lines(most=1000)
    lines.keep(1, 1, AT, b"x" * 2000)

    assert kept(lines, (1, 1)) == [False]


def test_an_entry_of_another_time_takes_the_place_of_the_one_before():
    lines = Lines(most=1000)
    lines.keep(1, 1, AT, b"x")
    lines.keep(1, 1, AT + 1, b"y")

    assert lines.of(1)[1] == (AT + 1, b"y")


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.binary(max_size=900)), max_size=40))
def test_never_more_than_the_bound_and_always_what_was_kept_last(given_lines):
    lines = Lines(most=2000)
    for channel, seq, line in given_lines:
        lines.keep(channel, seq, AT, line)

        assert lines.of(channel)[seq] == (AT, line)
        assert sum(len(line) + 300 for each in (1, 2, 3) for _, line in lines.of(each).values()) <= 2000

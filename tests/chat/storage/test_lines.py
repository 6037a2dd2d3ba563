"""Lines that are kept, up to so many bytes."""

from chorus.chat.storage.lines import Lines


def key(seq):
    return (1, seq, 1000)


def test_a_line_is_found_until_it_gives_way_to_those_that_were_wanted_later():
    lines = Lines(most=3 * 400)
    for seq in (1, 2, 3):
        lines.keep(key(seq), b"x" * 100)
    assert lines.find(key(1)) == b"x" * 100
    lines.keep(key(4), b"x" * 100)

    assert [lines.find(key(seq)) is not None for seq in (1, 2, 3, 4)] == [True, False, True, True]


def test_a_line_in_the_place_of_another_counts_once():
    lines = Lines(most=1000)
    for size in (600, 10, 600, 10):
        lines.keep(key(1), b"x" * size)
    lines.keep(key(2), b"x" * 100)

    assert lines.find(key(1)) == b"x" * 10


def test_a_line_that_is_larger_than_all_of_it_is_not_kept():
    lines = Lines(most=1000)
    lines.keep(key(1), b"x" * 2000)

    assert lines.find(key(1)) is None


def test_an_entry_of_another_time_is_another():
    lines = Lines(most=1000)
    lines.keep(key(1), b"x")

    assert lines.find((1, 1, 1001)) is None

"""How much of a page goes into one answer. Row 11."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.domain.pages import within

SIZES = st.lists(st.integers(1, 50), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("sizes", "around", "taken"),
    [
        ([5, 5, 5], 2, [0, 1, 2]),
        ([9, 5, 5], 2, [1, 2]),
        ([5, 5, 9], 0, [0, 1]),
        ([5, 9, 5, 5, 9, 5], 3, [3, 4]),
        ([5, 9, 5, 5, 11, 5], 3, [2, 3]),
        ([1, 99, 1], 1, [1]),
    ],
)
def test_what_is_nearest_to_where_it_was_asked_for_is_taken(sizes, around, taken):
    assert list(range(len(sizes)))[within(sizes, most=15, around=around)] == taken


@given(SIZES, st.integers(1, 200), st.data())
def test_it_is_a_stretch_that_fits_and_to_which_nothing_can_be_added(sizes, most, data):
    around = data.draw(st.integers(0, len(sizes) - 1))

    taken = within(sizes, most=most, around=around)

    total = sum(sizes[taken])
    assert taken.start <= around < taken.stop
    assert total <= most or taken == slice(around, around + 1)
    neighbours = [place for place in (taken.start - 1, taken.stop) if 0 <= place < len(sizes)]
    assert all(total + sizes[place] > most for place in neighbours)

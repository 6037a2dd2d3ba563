"""Numbers as pictures of block characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.cli.monitor.charts import area, gauge, line

VALUES = st.lists(st.none() | st.floats(0, 1e12), max_size=30)


def test_the_newest_value_stands_at_the_right_and_nothing_seen_is_blank():
    assert line([0, 50, None, 100], width=6, most=100) == "  ▁▄ █"


def test_an_area_is_drawn_from_the_bottom():
    assert area([100, 50, 0], width=3, height=2, most=100) == ["█  ", "██▁"]


def test_what_is_higher_than_the_chart_fills_it():
    assert line([500], width=1, most=100) == "█"


@pytest.mark.parametrize(("share", "full"), [(-1, 0), (0, 0), (0.5, 4), (1, 8), (7, 8)])
def test_a_gauge_is_as_full_as_the_share(share: float, full: int):
    assert gauge(share, width=8) == ("━" * full, "━" * (8 - full))


@given(VALUES, st.integers(0, 40), st.integers(1, 8), st.floats(0, 1e12))
def test_a_chart_has_the_size_that_is_asked_for(values: list[float | None], width: int, height: int, most: float):
    drawn = area(values, width=width, height=height, most=most)

    assert len(drawn) == height
    assert {len(row) for row in drawn} == {width}

"""What was seen of an instance, kept in two rings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.series import COLUMNS, DAY, HOUR, History, Reading, Summary


def seen(*looks: tuple[float, float | None]) -> History:
    """A history of looks at the processor time, each with its moment."""
    history = History()
    for now, cpu in looks:
        history.add(now, Reading(cpu=cpu))
    return history


def test_the_last_seconds_are_told_oldest_first_and_gaps_are_gaps():
    history = seen((100.2, 1.0), (101.1, 2.0), (103.9, 4.0))

    assert history.last(6, 104.0)["cpu"] == [None, 1.0, 2.0, None, 4.0, None]


def test_a_second_look_in_a_second_takes_the_place_of_the_first():
    assert seen((100.1, 1.0), (100.9, 3.0)).last(1, 100.9)["cpu"] == [3.0]


def test_what_was_not_to_be_seen_is_nothing():
    history = seen((100, None), (101, 1.0))

    assert history.last(2, 101)["cpu"] == [None, 1.0]
    assert history.last(2, 101)["lag"] == [None, None]


def test_a_minute_is_the_mean_of_processor_time_and_the_highest_of_all_else():
    history = History()
    for second, value in ((600, 10.0), (601, 30.0), (660, 50.0)):
        history.add(second, Reading(cpu=value, memory=value))

    day = history.last(3, 661, "day")
    assert day["cpu"] == [None, 20.0, 50.0]
    assert day["memory"] == [None, 30.0, 50.0]


def test_a_summary_tells_least_mean_and_most():
    history = seen((100, 1.0), (101, 2.0), (102, 6.0))

    assert history.summary(2, 102)["cpu"] == Summary(2.0, 4.0, 6.0)
    assert history.summary(60, 102)["memory"] is None
    assert history.summary(1440, 102, "day")["cpu"] == Summary(3.0, 3.0, 3.0)


@pytest.mark.parametrize(("span", "step", "places"), [("hour", 1, HOUR), ("day", 60, DAY)])
def test_a_ring_holds_its_span_and_no_more(span, step, places):
    history = History()
    for moment in range(places + 100):
        history.add(1000 * step + moment * step, Reading(cpu=float(moment)))

    values = history.last(10 * places, (1000 + places + 99) * step, span)["cpu"]
    assert values == [float(moment) for moment in range(100, places + 100)]


def test_after_a_gap_longer_than_the_ring_nothing_old_is_left():
    history = seen((100, 1.0), (101, 2.0), (100 + 2 * HOUR, 3.0))

    assert history.last(HOUR, 100 + 2 * HOUR)["cpu"] == [None] * (HOUR - 1) + [3.0]


@given(st.lists(st.tuples(st.integers(0, 2 * HOUR), st.none() | st.integers(0, 1000)), max_size=40))
def test_the_ring_tells_what_a_dictionary_would(looks: list[tuple[int, int | None]]):
    """Any gaps, any order in which time only grows."""
    looks.sort(key=lambda look: look[0])
    history, known = History(), dict[int, float | None]()
    for moment, value in looks:
        history.add(moment, Reading(cpu=value))
        known[moment] = value
    now = looks[-1][0] if looks else 0

    expected = [known.get(moment) for moment in range(now - HOUR + 1, now + 1)]
    assert history.last(HOUR, now)["cpu"] == expected
    assert set(history.last(1, now)) == set(COLUMNS)

"""How long a gap is waited for."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.log.lateness import Lateness


def test_who_has_seen_no_late_hint_waits_the_least():
    assert Lateness(least=0.02, most=0.5).patience == 0.02


def test_one_late_hint_makes_the_wait_three_times_as_long():
    lateness = Lateness(least=0.02, most=0.5)

    lateness.see(0.07)

    assert abs(lateness.patience - 0.21) < 1e-9


def test_hints_that_are_all_as_late_are_waited_for_just_a_little_longer():
    lateness = Lateness(least=0.02, most=0.5)
    for _ in range(100):
        lateness.see(0.1)

    assert 0.1 <= lateness.patience < 0.11


def test_when_hints_come_in_time_again_the_wait_becomes_short_again():
    lateness = Lateness(least=0.02, most=0.5)
    lateness.see(0.3)
    for _ in range(60):
        lateness.see(0.001)

    assert lateness.patience == 0.02


@given(st.lists(st.floats(min_value=0, max_value=1e6)))
def test_the_wait_is_never_shorter_or_longer_than_its_bounds(samples):
    lateness = Lateness(least=0.02, most=0.5)
    for late in samples:
        lateness.see(late)

    assert 0.02 <= lateness.patience <= 0.5

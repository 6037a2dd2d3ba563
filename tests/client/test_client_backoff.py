"""How long a bot waits."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.client.backoff import FIRST, LONGEST, retry_after, wait


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_a_wait_is_anything_up_to_a_bound_that_doubles(failures, chance):
    assert 0 <= wait(failures, chance=chance) <= min(LONGEST, FIRST * 2 ** min(failures, 100))


@given(st.integers(0, 100), st.floats(0, 1), st.floats(0.001, 100))
def test_never_less_is_waited_than_the_server_asked_for(failures, chance, asked):
    assert asked <= wait(failures, chance=chance, asked=asked) <= asked + FIRST


def test_what_is_no_number_of_seconds_is_none():
    fields = (None, "", "2", "0.5", "-1", "nan", "Wed, 21 Oct 2026 07:28:00 GMT", "1e9")

    assert [retry_after(field) for field in fields] == [0, 0, 2, 0.5, 0, 0, 0, 0]

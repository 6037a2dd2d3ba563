"""The algorithm that counts, one sentence a test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.domain.limits import Limit, decide, neighbourhood, requests

THREE = Limit("three", burst=3, interval=10.0)


def take(times, limit=THREE):
    """The verdicts on one taken at each of these times."""
    due, verdicts = 0.0, []
    for now in times:
        due, verdict = decide(limit, due=due, now=now)
        verdicts.append(verdict)
    return verdicts


def test_so_many_at_once_and_then_one_each_interval():
    verdicts = take([100.0, 100.0, 100.0, 100.0, 109.9, 110.0, 110.0])

    assert [each.allowed for each in verdicts] == [True, True, True, False, False, True, False]


def test_a_refusal_says_when_the_next_is_allowed_and_how_many_are_left():
    first, _, third, refused = take([100.0, 100.0, 100.0, 104.0])

    assert (first.remaining, third.remaining, refused.remaining) == (2, 0, 0)
    assert (refused.retry_after, refused.reset_after) == (6.0, 26.0)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=60).map(sorted), st.integers(1, 5), st.floats(0.5, 20))
def test_no_stretch_of_time_has_more_than_the_burst_and_what_came_back(times, burst, interval):
    verdicts = take(times, Limit("some", burst, interval))
    allowed = [now for now, verdict in zip(times, verdicts, strict=True) if verdict.allowed]

    for at, begin in enumerate(allowed):
        for upto in range(at, len(allowed)):
            assert upto - at + 1 <= burst + (allowed[upto] - begin) / interval + 1e-6


@pytest.mark.parametrize(("signed_in", "name"), [(True, "requests:account"), (False, "requests:address")])
def test_requests_are_a_minutes_rate_with_a_quarter_of_it_at_once(signed_in, name):
    assert requests(1200, signed_in=signed_in) == Limit(name, 300, 0.05)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_network_is_counted_as_one(address, counted):
    """Row 3: whoever has one address of it has 2**64."""
    assert neighbourhood(address) == counted

"""The restart window, one sentence a test."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.restarts import GiveUp, RestartAfter, RestartHistory, RestartPolicy, decide, put_off


def exits(policy, *, every, times, uptime):
    """Feed `times` exits, one every `every` seconds, and return the verdicts."""
    history, verdicts = RestartHistory(), []
    for n in range(times):
        history, verdict = decide(policy, history, now=n * every, uptime=uptime)
        verdicts.append(verdict)
    return verdicts


def test_sixth_exit_within_the_hour_is_given_up():
    """Five restarts an hour are allowed; the sixth exit ends it and says why."""
    verdicts = exits(RestartPolicy(), every=5.0, times=6, uptime=0.9)

    assert verdicts[:5] == [RestartAfter(4.0)] * 5
    assert verdicts[5] == GiveUp("restarted 5 times in 25 s, allowed 5 in 3600 s")


def test_a_restart_leaves_the_window_when_it_is_as_old_as_that():
    """The reason tells how long ago the first of those was that still count."""
    policy, history = RestartPolicy(intensity=2, period=60.0), RestartHistory((5.0, 10.0))

    assert decide(policy, history, now=64.9, uptime=1.0)[1] == GiveUp("restarted 2 times in 60 s, allowed 2 in 60 s")
    assert decide(policy, history, now=65.0, uptime=1.0)[1] == RestartAfter(4.0)


def test_restarts_spread_over_hours_never_end():
    """The window slides: an exit every 15 minutes is within five an hour."""
    verdicts = exits(RestartPolicy(), every=900.0, times=100, uptime=890.0)

    assert set(verdicts) == {RestartAfter(4.0)}


def test_unstable_exits_wait_longer_up_to_the_cap_and_a_stable_run_resets():
    """Back-off doubles while the worker dies young, and starts over once it lived min_uptime."""
    policy = RestartPolicy(intensity=99, delay=1.0, backoff=2.0, longest_delay=6.0)

    assert exits(policy, every=1.0, times=5, uptime=0.1) == [RestartAfter(s) for s in (1.0, 2.0, 4.0, 6.0, 6.0)]

    history, _ = decide(policy, RestartHistory((0.0,), unstable=4), now=60.0, uptime=policy.min_uptime)
    assert history.unstable == 0


def test_intensity_zero_never_restarts():
    """A worker that must not come back is given up at its first exit."""
    assert exits(RestartPolicy(intensity=0), every=1.0, times=1, uptime=5.0) == [GiveUp("restarts are off")]


def test_a_delay_above_the_cap_is_kept():
    """The cap bounds the growth, not what the operator asked for."""
    policy = RestartPolicy(delay=90.0, longest_delay=60.0, backoff=2.0)

    assert exits(policy, every=1.0, times=2, uptime=0.0) == [RestartAfter(90.0)] * 2


def test_growth_beyond_the_largest_number_is_the_cap():
    """A thousand exits at a back-off of 100 leave the floats; the wait is then the longest one."""
    _, verdict = decide(RestartPolicy(backoff=100.0), RestartHistory((), unstable=1000), now=0.0, uptime=0.0)

    assert verdict == RestartAfter(60.0)


@given(
    intensity=st.integers(1, 8),
    period=st.floats(1, 1000),
    gaps=st.lists(st.floats(0, 500), max_size=60),
)
def test_no_window_ever_holds_more_restarts_than_allowed(intensity, period, gaps):
    """Whatever the exits' times, no `period` seconds contain more than `intensity` restarts."""
    policy, history, now, restarted = RestartPolicy(intensity=intensity, period=period), RestartHistory(), 0.0, []
    for gap in gaps:
        now += gap
        history, verdict = decide(policy, history, now=now, uptime=1.0)
        if isinstance(verdict, GiveUp):
            break
        restarted.append(now)

    assert len(history.restarted_at) <= intensity
    for start in restarted:
        assert sum(1 for at in restarted if at - start >= 0 and start + period - at > 1e-6) <= intensity


def test_what_is_put_off_waits_ever_longer_within_its_bound_and_counts_in_no_window():
    """A dependency that is away for long costs no restarts."""
    policy, history, waits = RestartPolicy(), RestartHistory((1.0, 2.0)), []
    for _ in range(100):
        history, wait = put_off(policy, history, served=False)
        waits.append(wait.seconds)

    assert waits[:6] == [4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert set(waits[6:]) == {60.0}
    assert history.restarted_at == (1.0, 2.0)


def test_what_served_in_between_is_put_off_for_the_first_wait_again():
    """Each time that a dependency goes away begins a new row."""
    _, wait = put_off(RestartPolicy(), RestartHistory(put_off=5), served=True)

    assert wait == RestartAfter(4.0)


def test_a_delay_of_nothing_grows_too_and_one_above_the_cap_stays():
    """No policy makes a busy loop of an outage."""
    assert put_off(RestartPolicy(delay=0.0), RestartHistory(put_off=3), served=False)[1] == RestartAfter(8.0)
    assert put_off(RestartPolicy(delay=90.0), RestartHistory(put_off=3), served=False)[1] == RestartAfter(90.0)

"""The slow-consumer policy."""

from chorus.realtime.outbox import Outbox, OutboxLimits

LIMITS = OutboxLimits(high_mark=100, bound=1_000, patience=10.0)


def test_a_consumer_within_the_bound_is_left_alone_until_its_patience_ends():
    """Congestion alone is no reason."""
    outbox = Outbox(LIMITS, now=5.0)

    assert outbox.judge(waiting=1_000, now=5.0) is None
    assert outbox.judge(waiting=101, now=14.9) is None
    assert outbox.judge(waiting=101, now=15.0) == "slow consumer: above 100 bytes for 10 s, allowed 10 s"


def test_a_consumer_above_the_bound_is_cut_at_once():
    """Memory is bounded whatever the clock says."""
    assert Outbox(LIMITS, now=5.0).judge(waiting=1_001, now=5.0) == "slow consumer: 1001 bytes wait, allowed 1000"

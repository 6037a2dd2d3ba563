"""Row 9: when an instance counts as deaf; one sentence a test."""

from chorus.realtime.log.deafness import MISSED, Hearing


def test_as_long_as_nothing_happens_nobody_is_deaf():
    hearing = Hearing(settles=4.0)

    assert not hearing.judge(now=0.0)
    assert not hearing.deaf


def test_several_missed_with_none_heard_are_deafness_and_are_said_once():
    hearing = Hearing(settles=4.0)
    hearing.missed(MISSED)

    assert hearing.judge(now=0.0)
    assert not hearing.judge(now=2.0)
    assert hearing.deaf


def test_missed_ones_add_up_until_one_is_heard():
    hearing = Hearing(settles=4.0)
    for moment in range(MISSED):
        assert not hearing.deaf
        hearing.missed(1)
        hearing.judge(now=moment)
    assert hearing.deaf

    hearing.heard(1)
    hearing.judge(now=10.0)
    assert not hearing.deaf
    hearing.missed(MISSED - 1)
    assert not hearing.judge(now=12.0)


def test_what_was_announced_while_there_was_no_connection_says_nothing():
    """Redis was away for everybody: entries are found when it is back, and then heard again."""
    hearing = Hearing(settles=4.0)
    hearing.connected(now=10.0)
    hearing.missed(100)

    assert not hearing.judge(now=13.9)
    hearing.missed(MISSED)
    assert hearing.judge(now=14.1)

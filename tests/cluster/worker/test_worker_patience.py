"""How long a worker waits for something that makes progress, or does not."""

from chorus.cluster.worker.patience import Patience
from parts.clock import Clock


def test_without_progress_it_is_over_after_a_step():
    clock = Clock(100.0)
    patience = Patience(clock, step=6.0, most=60.0)

    clock.now += 5.0
    assert patience.left == 1.0
    clock.now += 2.0
    assert patience.left == 0.0


def test_progress_gives_another_step_and_never_more_than_the_most():
    clock = Clock(100.0)
    patience = Patience(clock, step=6.0, most=10.0)

    clock.now += 5.0
    patience.renew()
    assert patience.left == 5.0
    clock.now += 5.0
    patience.renew()
    assert patience.left == 0.0


def test_progress_is_told_once_a_second_unless_more_often_is_asked_for():
    clock, told = Clock(100.0), []
    patience = Patience(clock, step=6.0, most=60.0, renewed=lambda: told.append(clock.now))

    for _ in range(25):
        clock.now += 0.1
        patience.renew()

    assert len(told) == 2

    clock, told = Clock(100.0), []
    patience = Patience(clock, step=0.96, most=60.0, renewed=lambda: told.append(clock.now), every=0.16)
    assert not patience.progressed
    clock.now += 0.9
    patience.renew()

    assert told == [clock.now]
    assert patience.progressed

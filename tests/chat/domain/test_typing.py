"""How much of the typing in a channel is told."""

from chorus.chat.domain.typing import LASTS, MOST, TypingFloor


def test_it_is_told_once_and_again_when_it_goes_on():
    floor = TypingFloor()

    assert floor.takes(1, 5, active=True, now=0.0)
    assert not floor.takes(1, 5, active=True, now=1.9)
    assert floor.takes(1, 5, active=True, now=2.0)


def test_channels_have_floors_of_their_own():
    floor = TypingFloor()
    floor.takes(1, 5, active=True, now=0.0)

    assert floor.takes(2, 5, active=True, now=0.0)


def test_taking_it_back_is_told_once_and_only_of_those_who_were_told_of():
    floor = TypingFloor()
    floor.takes(1, 5, active=True, now=0.0)

    assert floor.takes(1, 5, active=False, now=1.0)
    assert not floor.takes(1, 5, active=False, now=1.0)
    assert not floor.takes(1, 6, active=False, now=1.0)
    assert floor.takes(1, 5, active=True, now=1.1)


def test_row_12_a_crowd_that_types_costs_a_channel_no_more_than_a_few():
    floor = TypingFloor()

    told = [account for account in range(1000) if floor.takes(1, account, active=True, now=account / 1000)]

    assert told == list(range(MOST))


def test_others_have_their_turn_when_the_first_are_silent():
    floor = TypingFloor()
    for account in range(MOST):
        floor.takes(1, account, active=True, now=0.0)

    assert not floor.takes(1, 99, active=True, now=LASTS)
    assert floor.takes(1, 99, active=True, now=LASTS + 0.1)


def test_what_is_remembered_does_not_grow_with_the_channels_that_were_typed_in():
    floor = TypingFloor()

    for channel in range(1000):
        floor.takes(channel, 5, active=True, now=float(channel))

    assert len(floor._told) <= LASTS + 2


def test_one_channel_that_is_always_typed_in_keeps_no_others_remembered():
    floor = TypingFloor()

    for channel in range(1, 1000):
        floor.takes(0, 5, active=True, now=channel * 2.0)
        floor.takes(channel, 5, active=True, now=channel * 2.0)

    assert len(floor._told) <= LASTS + 2


def test_others_have_the_turns_of_those_who_are_silent_while_one_goes_on():
    floor = TypingFloor()
    for account in range(MOST):
        floor.takes(1, account, active=True, now=0.0)
    floor.takes(1, 0, active=True, now=LASTS - 1)

    assert floor.takes(1, 99, active=True, now=LASTS + 0.1)
    assert not floor.takes(1, 0, active=True, now=LASTS + 0.9)


def test_row_12_who_was_told_of_goes_on_being_told_of_in_a_crowd():
    floor = TypingFloor()
    for account in range(MOST):
        floor.takes(1, account, active=True, now=0.0)

    assert [floor.takes(1, account, active=True, now=3.0) for account in range(MOST + 1)] == [True] * MOST + [False]

"""What the manager makes of the words of a process."""

import math

import pytest

from chorus.cluster.manager.notify_state import LONGEST_WATCHDOG, NotifyState


def test_who_says_nothing_is_not_ready_not_stopping_and_not_waited_for():
    said = NotifyState()

    assert (said.ready, said.stopping, said.reloading, said.main_pid, said.status) == (False, False, False, None, "")
    assert said.last_sign == math.inf


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ({"STATUS": "serving"}, "serving"),
        ({"STATUS": "serving", "RELOADING": "1"}, "reloading: serving"),
        ({"RELOADING": "1"}, "reloading"),
    ],
)
def test_a_reload_is_shown_before_the_status(words, shown):
    assert NotifyState(words).status == shown


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("2500000", 2.5), ("0", 0.0), ("soon", 15.0), ("", 15.0), ("٣", 15.0), ("9" * 20, LONGEST_WATCHDOG)],
)
def test_the_time_between_signs_of_life_is_what_it_asks_for_where_that_is_a_number(asked, seconds):
    assert NotifyState({"WATCHDOG_USEC": asked}).watchdog(15.0) == seconds


def test_who_asks_for_no_more_time_gets_none():
    assert (NotifyState().wants_time_until, NotifyState({"EXTEND_TIMEOUT_USEC": "12.500"}).wants_time_until) == (
        0.0,
        12.5,
    )


def test_a_trigger_is_no_sign_of_life():
    said = NotifyState({"WATCHDOG": "trigger"})

    assert said.wants_restart
    assert said.last_sign == math.inf

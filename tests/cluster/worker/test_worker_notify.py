"""The words of sd_notify(3)."""

import socket

import pytest

from chorus.cluster.worker.notify import LONGEST, Notifier, assignments, watchdog_interval


def test_a_datagram_has_one_assignment_a_line():
    assert assignments(READY=1, STATUS="serving") == b"READY=1\nSTATUS=serving"


def test_a_line_feed_in_a_status_cannot_become_another_assignment():
    assert assignments(STATUS="bad\nREADY=1") == b"STATUS=bad READY=1"


def test_a_long_status_is_cut():
    assert len(assignments(STATUS="x" * 10_000)) == LONGEST


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "3000000"}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_signs_of_life_are_sent_twice_in_the_time_allowed(environment, seconds):
    assert watchdog_interval(environment, pid=7) == seconds


def test_words_reach_the_socket(home):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(home / "notify.sock"))
        receiver.settimeout(5)

        Notifier({"NOTIFY_SOCKET": str(home / "notify.sock")}).say(READY=1)

        assert receiver.recv(100) == b"READY=1"


def test_nobody_listening_is_no_error(home):
    Notifier({}).say(READY=1)
    Notifier({"NOTIFY_SOCKET": str(home / "gone.sock")}).say(READY=1)

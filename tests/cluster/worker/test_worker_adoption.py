"""LISTEN_FDS, read as sd_listen_fds(3) says."""

import pytest

from chorus.cluster.worker.adoption import NotAdoptable, Passed, passed


def test_sockets_begin_at_three_and_have_their_names():
    environment = {"LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "chat:admin"}

    assert passed(environment, pid=7) == [Passed(3, "chat"), Passed(4, "admin")]


def test_without_names_they_are_unknown():
    assert passed({"LISTEN_PID": "7", "LISTEN_FDS": "1"}, pid=7) == [Passed(3, "unknown")]


@pytest.mark.parametrize("environment", [{}, {"LISTEN_FDS": "1"}, {"LISTEN_FDS": "1", "LISTEN_PID": "8"}])
def test_what_was_meant_for_another_process_is_left_alone(environment):
    assert passed(environment, pid=7) == []


@pytest.mark.parametrize(
    ("count", "names"), [("two", ""), ("-1", ""), ("", ""), ("100000", ""), ("2", "one"), ("1", "one:two"), ("²", "")]
)
def test_numbers_that_are_none_and_names_that_do_not_fit_are_named(count, names):
    with pytest.raises(NotAdoptable, match=r"LISTEN_FD.*expected"):
        passed({"LISTEN_PID": "7", "LISTEN_FDS": count, "LISTEN_FDNAMES": names}, pid=7)

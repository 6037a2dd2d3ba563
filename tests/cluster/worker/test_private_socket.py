"""A socket for its owner alone."""

import os
import stat

import pytest

from chorus.cluster.worker import private_socket


def test_only_its_owner_may_connect_and_the_mask_is_as_it_was(home):
    before = os.umask(0o022)
    try:
        with private_socket.bind(str(home / "a.sock")):
            mode = stat.S_IMODE((home / "a.sock").stat().st_mode)
    finally:
        after = os.umask(before)

    assert mode == 0o600
    assert after == 0o022


def test_what_a_killed_worker_left_is_replaced(home):
    private_socket.bind(str(home / "a.sock")).close()

    with private_socket.bind(str(home / "a.sock")) as bound:
        assert bound.getsockname() == str(home / "a.sock")


def test_a_folder_that_is_not_there_is_an_error_that_leaves_the_mask_as_it_was(home):
    before = os.umask(0o022)
    try:
        with pytest.raises(OSError):
            private_socket.bind(str(home / "nowhere" / "a.sock"))
    finally:
        after = os.umask(before)

    assert after == 0o022


def test_one_that_cannot_be_made_is_an_error_with_its_path(home):
    """It is the last line that the worker says: on a disk without room all there is to go by."""
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: '.*/nowhere/a\.sock'"):
        private_socket.bind(str(home / "nowhere" / "a.sock"))

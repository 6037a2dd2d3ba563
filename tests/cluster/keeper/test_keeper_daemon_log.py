"""daemon.log stays bounded while somebody has it open."""

import os

import pytest

from chorus.cluster.keeper import daemon_log, manager_process
from chorus.cluster.keeper.loop import Loop
from chorus.cluster.keeper.manager_process import LOOK_EVERY, ManagerProcess
from chorus.cluster.keeper.orphans import Register


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A daemon.log that is too large, open as the manager has it."""
    monkeypatch.setattr(daemon_log, "LARGEST", 1000)
    with open(tmp_path / "daemon.log", "ab", buffering=0) as file:
        file.write(b"".join(b"line %04d\n" % number for number in range(200)))
        yield file


def test_a_log_that_is_too_large_begins_anew_under_those_who_write_it(log, tmp_path):
    daemon_log.bound(str(tmp_path))
    log.write(b"the manager goes on\n")

    assert (tmp_path / "daemon.log").read_bytes() == b"the manager goes on\n"
    kept = (tmp_path / "daemon.log.1").read_bytes()
    assert kept == b"".join(b"line %04d\n" % number for number in range(100, 200))
    assert (tmp_path / "daemon.log.1").stat().st_mode & 0o777 == 0o600


def test_a_log_whose_old_lines_cannot_be_kept_is_bounded_all_the_same(log, tmp_path, capfd):
    (tmp_path / "daemon.log.1").mkdir()

    daemon_log.bound(str(tmp_path))

    assert os.fstat(log.fileno()).st_size == 0
    assert "cannot be kept" in capfd.readouterr().err


def test_it_is_looked_at_again_and_again(log, tmp_path, monkeypatch):
    loop = Loop()
    looks = []
    monkeypatch.setattr(loop, "at", lambda when, callback: looks.append((when, callback)))
    monkeypatch.setattr(manager_process.time, "monotonic", lambda: 50.0)
    process = ManagerProcess(loop, [], str(tmp_path), Register(str(tmp_path)))

    process.look_after_log()
    log.write(b"x" * 2000)
    [(when, again)] = looks
    again()

    assert when == 50.0 + LOOK_EVERY
    assert len(looks) == 2
    assert os.fstat(log.fileno()).st_size == 0

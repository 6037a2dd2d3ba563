"""Log files: shared, back when removed, honest about what could not be written."""

import os

import pytest

from chorus.cluster.keeper.logs import LogFiles


def test_a_file_removed_by_hand_comes_back(tmp_path):
    file = LogFiles(lambda *_: None).take(str(tmp_path / "logs" / "out.log"))
    file.write(b"one\n")
    (tmp_path / "logs" / "out.log").unlink()

    file.write(b"two\n")

    assert (tmp_path / "logs" / "out.log").read_text() == "two\n"


def test_a_folder_removed_by_hand_comes_back(tmp_path):
    file = LogFiles(lambda *_: None).take(str(tmp_path / "logs" / "out.log"))
    (tmp_path / "logs" / "out.log").unlink()
    (tmp_path / "logs").rmdir()

    file.write(b"two\n")

    assert (tmp_path / "logs" / "out.log").read_text() == "two\n"


def test_a_moved_file_is_written_until_the_logs_are_reopened(tmp_path):
    files = LogFiles(lambda *_: None)
    file = files.take(str(tmp_path / "out.log"))
    (tmp_path / "out.log").rename(tmp_path / "out.log.1")
    file.write(b"one\n")

    files.reopen()
    file.write(b"two\n")

    assert (tmp_path / "out.log.1").read_text() == "one\n"
    assert (tmp_path / "out.log").read_text() == "two\n"


def test_users_share_a_file_and_the_last_one_closes_it(tmp_path):
    files = LogFiles(lambda *_: None)
    before = len(os.listdir("/proc/self/fd"))
    first, second = files.take(str(tmp_path / "out.log")), files.take(str(tmp_path / "out.log"))
    assert first is second

    files.give_back(first)
    files.give_back(second)

    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_that_cannot_be_opened_is_an_error_at_once(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError):
        LogFiles(lambda *_: None).take(str(tmp_path / "file" / "out.log"))


def test_lines_that_could_not_be_written_are_counted_and_said(tmp_path, capfd):
    folder = tmp_path / "logs"
    told = []
    file = LogFiles(lambda *trouble: told.append(trouble)).take(str(folder / "out.log"))
    (folder / "out.log").unlink()
    folder.rmdir()
    folder.write_text("a file stands where the folder was")
    file.write(b"one\n")
    file.write(b"two\n")
    assert capfd.readouterr().err.count("cannot write") == 1
    folder.unlink()

    file.write(b"three\n")

    assert (folder / "out.log").read_text() == "--- up to 2 lines could not be written here ---\nthree\n"
    assert told == [(file.path, "File exists"), (file.path, None)]


def test_a_log_file_is_the_owners_alone(tmp_path):
    LogFiles(lambda *_: None).take(str(tmp_path / "logs" / "out.log"))

    assert (tmp_path / "logs" / "out.log").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700

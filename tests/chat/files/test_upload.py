"""A file on its way in: in a temporary one, with a bound, beside the event loop. Row 14."""

import os
import threading
import time

import pytest

from chorus.chat.domain.errors import TooLarge
from chorus.chat.files.contract import PART
from chorus.chat.files.upload import LEFT, Upload, tidy


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where temporary files are made."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


async def test_row_14_nothing_is_left_of_an_upload_that_ended_or_was_refused(folder):
    async with Upload(10) as upload:
        await upload.write(b"words")
        assert await upload.finish() == b"words"
        assert len(list(folder.iterdir())) == 1
    with pytest.raises(TooLarge):
        async with Upload(10) as upload:
            await upload.write(b"words, and more")

    assert list(folder.iterdir()) == []


async def test_row_14_what_comes_goes_to_the_disk_part_by_part_in_another_thread(folder, monkeypatch):
    """A large file is never in memory as a whole, and a slow disk holds nobody else up."""
    append, threads, most = Upload._append, set(), 0

    def watched(upload, part):
        nonlocal most
        threads.add(threading.current_thread())
        most = max(most, len(part))
        append(upload, part)

    monkeypatch.setattr(Upload, "_append", watched)
    async with Upload(PART * 4) as upload:
        for _ in range(PART * 4 // 1024):
            await upload.write(b"x" * 1024)
        await upload.finish()

    assert most == PART
    assert threading.main_thread() not in threads


def left(place, *, at):
    """The folder of an upload to which nothing came since then."""
    place.mkdir()
    (place / "source").write_bytes(b"half")
    for each in (place / "source", place):
        os.utime(each, (at, at))
    return place


def test_what_a_killed_instance_left_of_an_upload_is_taken_away_after_a_day(folder):
    """Row 14: nobody but its uploader was to have it."""
    now = time.time()
    old = left(folder / "chorus-upload-old", at=now - LEFT - 1)
    fresh, others = left(folder / "chorus-upload-fresh", at=now), left(folder / "another", at=0)
    tidy()

    assert not old.exists()
    assert fresh.exists()
    assert others.exists()


def test_an_upload_to_which_something_comes_still_is_let_be_however_long_it_takes(folder):
    slow = left(folder / "chorus-upload-slow", at=0)
    os.utime(slow / "source")
    tidy()

    assert (slow / "source").read_bytes() == b"half"


def test_a_link_that_somebody_put_there_leads_nowhere(folder):
    """Everybody may write where temporary files are."""
    precious = left(folder / "precious", at=0)
    (folder / "chorus-upload-link").symlink_to(precious)
    tidy()

    assert (precious / "source").exists()

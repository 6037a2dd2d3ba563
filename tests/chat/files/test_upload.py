"""A file on its way in: in a temporary one, with a bound, beside the event loop. Row 14."""

import threading

import pytest

from chorus.chat.domain.errors import TooLarge
from chorus.chat.files.contract import PART
from chorus.chat.files.upload import Upload


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

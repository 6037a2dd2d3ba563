"""What every place for files does: a folder, and a bucket that speaks S3 on a server of moto's."""

import errno
import os
import secrets
from collections.abc import Iterator

import httpx
import pytest
from moto.server import ThreadedMotoServer

from chorus.chat.domain.errors import Invalid
from chorus.chat.files.contract import BlobsUnavailable
from chorus.chat.files.folder import FolderBlobs
from chorus.chat.files.opening import open_blobs
from parts.ports import free_port


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3 server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def blobs(request, tmp_path, monkeypatch):
    if request.param == "folder":
        return open_blobs(f"file://{tmp_path}/files")
    address = request.getfixturevalue("s3")
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{secrets.token_hex(4)}"
    make_bucket(address, bucket)
    return open_blobs(f"s3://{bucket}/some/folder")


def make_bucket(address, bucket):
    httpx.put(f"{address}/{bucket}", timeout=60).raise_for_status()


@pytest.fixture
def source(tmp_path):
    """A local file of 600,000 bytes."""
    path = tmp_path / "source"
    path.write_bytes(bytes(range(250)) * 2400)
    return path


async def content(blobs, key, *span):
    return b"".join([part async for part in blobs.read(key, *span)])


async def test_row_14_what_was_put_is_read(blobs, source):
    await blobs.put("0f3a", str(source))

    assert await content(blobs, "0f3a") == source.read_bytes()


async def test_a_span_is_read(blobs, source):
    await blobs.put("0f3a", str(source))

    assert await content(blobs, "0f3a", 300_000, 300_010) == source.read_bytes()[300_000:300_010]
    assert await content(blobs, "0f3a", 599_990) == source.read_bytes()[599_990:]
    assert await content(blobs, "0f3a", 5, 5) == b""


async def test_what_was_put_again_replaces_it(blobs, source):
    await blobs.put("0f3a", str(source))
    source.write_bytes(b"another")
    await blobs.put("0f3a", str(source))

    assert await content(blobs, "0f3a") == b"another"


async def test_what_is_not_there_is_not_found(blobs):
    with pytest.raises(FileNotFoundError):
        await content(blobs, "0f3a")


async def test_what_was_deleted_is_gone_and_deleting_it_again_is_fine(blobs, source):
    await blobs.put("0f3a", str(source))
    await blobs.delete("0f3a")
    await blobs.delete("0f3a")

    with pytest.raises(FileNotFoundError):
        await content(blobs, "0f3a")


async def test_a_folders_files_are_its_owners_alone(tmp_path, source):
    """Security: other accounts of the machine read none of them."""
    await FolderBlobs(str(tmp_path / "files")).put("abcdef", str(source))

    modes = [(tmp_path / "files" / each).stat().st_mode & 0o777 for each in ("ab", "ab/abcdef")]
    assert modes == [0o700, 0o600]


async def test_a_folder_that_cannot_be_written_is_unavailable_and_leaves_nothing_half_done(tmp_path, source):
    (tmp_path / "files").write_text("a file where the folder should be")
    blobs = FolderBlobs(str(tmp_path / "files"))

    with pytest.raises(BlobsUnavailable, match="files"):
        await blobs.put("0f3a", str(source))
    assert sorted(os.listdir(tmp_path)) == ["files", "source"]


async def test_what_cannot_be_put_into_place_is_nowhere_and_leaves_no_half(tmp_path, source, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(BlobsUnavailable):
        await FolderBlobs(str(tmp_path / "files")).put("0f3a", str(source))

    assert list((tmp_path / "files" / "0f").iterdir()) == []


@pytest.mark.parametrize("url", ["http://example.org", "file://host/x", "s3://", "files"])
def test_other_places_are_refused_by_name(url):
    with pytest.raises(Invalid, match="CHORUS_FILES_URL"):
        open_blobs(url)


async def test_what_a_crash_left_half_written_is_taken_away_after_a_day(tmp_path, source):
    blobs = FolderBlobs(str(tmp_path / "files"))
    await blobs.put("0f3a", str(source))
    old, new = (tmp_path / "files" / "0f" / f"0f3b.{name}.new" for name in ("1", "2"))
    for half in (old, new):
        half.write_bytes(b"half")
    os.utime(old, (0, 0))

    await blobs.tidy()

    assert sorted(each.name for each in (tmp_path / "files" / "0f").iterdir()) == ["0f3a", "0f3b.2.new"]


async def test_there_is_nothing_to_tidy_where_nothing_was_put(blobs):
    await blobs.tidy()

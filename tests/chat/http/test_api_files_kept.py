"""Which files stay, and which are taken away: rows 9 and 14."""

import asyncio
import os
import uuid
import zlib

import pytest

from chorus.chat.actions.files import KEPT, TRIED, Sweeper
from chorus.chat.files.contract import BlobsUnavailable
from parts.databases import on_both
from parts.pictures import picture
from parts.uploads import sent, upload
from waiting import eventually

MESSAGES = "/api/v1/channels/1/messages"


async def test_nobody_gives_up_what_others_uploaded_or_what_is_in_a_message(sign_up):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    waiting, file = (await upload(ada, b"waiting")).json(), await sent(ada, b"sent")

    refused = [await client.delete(f"/api/v1/files/{each['id']}") for client, each in ((bob, waiting), (ada, file))]

    assert [each.status_code for each in refused] == [404, 404]
    for each in (waiting, file):
        assert (await ada.get(f"/api/v1/files/{each['id']}")).status_code == 200


async def test_row_14_what_was_sent_stays_however_old_it_is(sign_up, chat):
    ada = await sign_up()
    file = await sent(ada, b"kept")
    now = chat.clock()
    object.__setattr__(chat, "clock", lambda: now + KEPT / 1000 + 1)

    assert await Sweeper(chat).sweep() == 0

    object.__setattr__(chat, "clock", lambda: now)
    assert (await ada.get(f"/api/v1/files/{file['id']}")).content == b"kept"


async def test_a_file_whose_content_is_not_where_it_was_put_is_not_found(sign_up, tmp_path):
    ada = await sign_up()
    file = await sent(ada, b"words")
    [path] = stored(tmp_path)
    path.unlink()

    read = await ada.get(f"/api/v1/files/{file['id']}")

    assert (read.status_code, read.json()["code"]) == (404, "not_found")


@on_both
async def test_row_9_with_a_deleted_message_its_files_are_gone(sign_up, chat, tmp_path):
    ada = await sign_up()
    file = await sent(ada, picture("PNG", (900, 900)))

    await ada.delete(f"{MESSAGES}/1")

    assert "files" not in (await ada.get(f"{MESSAGES}/1")).json()
    assert (await ada.get(f"/api/v1/files/{file['id']}")).status_code == 404
    assert len(stored(tmp_path)) == 2
    assert await Sweeper(chat).sweep() == 1
    assert stored(tmp_path) == []


def stored(folder):
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


async def test_an_upload_that_is_never_sent_is_taken_away_after_a_day(sign_up, chat, tmp_path):
    ada = await sign_up()
    await upload(ada, b"forgotten")

    assert await Sweeper(chat).sweep() == 0
    now = chat.clock()
    object.__setattr__(chat, "clock", lambda: now + KEPT / 1000 + 1)
    assert await Sweeper(chat).sweep() == 1
    assert stored(tmp_path) == []


@on_both
async def test_an_upload_beyond_those_that_may_wait_is_refused_and_leaves_nothing(sign_up, chat, tmp_path, monkeypatch):
    monkeypatch.setattr("chorus.chat.storage.queries.files.MOST_WAITING", 1)
    ada = await sign_up()
    await upload(ada, b"first")

    refused = await upload(ada, picture("PNG", (900, 900)))

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert [path.read_bytes() for path in stored(tmp_path)] == [b"first"]


async def test_an_upload_that_could_not_be_kept_does_not_wait_for_a_day(sign_up, chat, tmp_path):
    ada = await sign_up()
    (tmp_path / "files").write_text("a file where the folder is to be")
    assert (await upload(ada, b"no place")).status_code == 503

    (tmp_path / "files").unlink()

    assert await Sweeper(chat).sweep() == 1


async def test_who_hangs_up_while_the_content_is_put_away_leaves_nothing_that_waits(sign_up, chat, monkeypatch):
    ada = await sign_up()

    async def hung_up(*_):
        raise asyncio.CancelledError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(type(chat.blobs), "put", hung_up)
        with pytest.raises(asyncio.CancelledError):
            await upload(ada, b"half")

    assert await Sweeper(chat).sweep() == 1


async def test_what_a_crash_left_half_written_is_taken_away_when_an_instance_starts(sign_up, chat, tmp_path):
    ada = await sign_up()
    await upload(ada, b"whole")
    half = tmp_path / "files" / "0f" / "0f3b.1.new"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")
    os.utime(half, (0, 0))
    sweeper = Sweeper(chat)

    sweeper.start()
    await eventually(lambda: not half.exists(), what="the half to be gone")
    await sweeper.close()

    assert [path.read_bytes() for path in stored(tmp_path)] == [b"whole"]


def left_of_an_upload(folder, name, *, old):
    left = folder / f"chorus-upload-{name}"
    left.mkdir()
    if old:
        os.utime(left, (0, 0))
    return left


async def test_what_a_killed_instance_left_of_an_upload_is_taken_away_when_one_starts(chat, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = left_of_an_upload(tmp_path, "left", old=True)
    sweeper = Sweeper(chat)

    sweeper.start()
    await eventually(lambda: not left.exists(), what="it to be gone")
    await sweeper.close()


async def test_what_is_left_of_an_upload_is_taken_away_too_when_it_is_a_day_old_only_later(chat, tmp_path, monkeypatch):
    """An instance that was killed is started again at once."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("chorus.chat.actions.files.SWEEP", 0.01)
    monkeypatch.setattr("chorus.chat.actions.files.TIDY", 0.0)
    early, late = (left_of_an_upload(tmp_path, name, old=name == "early") for name in ("early", "late"))
    sweeper = Sweeper(chat)

    sweeper.start()
    await eventually(lambda: not early.exists(), what="the instance to have looked")
    assert late.exists()
    os.utime(late, (0, 0))
    await eventually(lambda: not late.exists(), what="it to be gone")
    await sweeper.close()


async def test_a_file_that_cannot_be_taken_away_keeps_no_other(sign_up, chat, tmp_path):
    """A folder where its content should be cannot be unlinked."""
    ada = await sign_up()
    await upload(ada, b"stuck")
    await upload(ada, b"other")
    [path] = [each for each in stored(tmp_path) if each.read_bytes() == b"stuck"]
    path.unlink()
    path.mkdir()
    now = chat.clock()
    object.__setattr__(chat, "clock", lambda: now + KEPT / 1000 + 1)

    assert [await Sweeper(chat).sweep(), await Sweeper(chat).sweep()] == [1, 0]

    path.rmdir()
    assert await Sweeper(chat).sweep() == 1


async def test_a_place_that_is_away_is_not_asked_for_each_file(sign_up, chat, monkeypatch):
    ada = await sign_up()
    for number in range(TRIED + 2):
        await upload(ada, b"%d" % number)
    now, asked = chat.clock(), []
    object.__setattr__(chat, "clock", lambda: now + KEPT / 1000 + 1)

    async def away(_self, key):
        asked.append(key)
        raise BlobsUnavailable("the bucket is away")

    monkeypatch.setattr(type(chat.blobs), "delete", away)

    with pytest.raises(BlobsUnavailable):
        await Sweeper(chat).sweep()
    assert len(asked) == TRIED


async def test_an_edit_leaves_the_files_where_they_are(sign_up):
    ada = await sign_up()
    file = await sent(ada, b"x")

    await ada.patch(f"{MESSAGES}/1", json={"client_id": str(uuid.uuid4()), "text": "with words"})

    message = (await ada.get(f"{MESSAGES}/1")).json()
    assert (message["text"], message["files"]) == ("with words", [file])


async def test_files_of_one_account_that_wait_have_a_bound(sign_up):
    ada = await sign_up()
    answers = [await upload(ada, zlib.crc32(bytes([number])).to_bytes(4)) for number in range(51)]

    assert [answer.status_code for answer in answers] == [201] * 50 + [403]
    waiting = answers[0].json()["id"]
    assert (await ada.delete(f"/api/v1/files/{waiting}")).status_code == 204
    assert (await upload(ada, b"x")).status_code == 201

"""Files through HTTP: row 14."""

import asyncio
import io
import uuid

import msgspec
import pytest
from PIL import Image

from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.files import File
from parts.databases import on_both
from parts.pictures import SECRET, bomb, picture
from parts.uploads import attach, sent, upload
from waiting import eventually

MESSAGES = "/api/v1/channels/1/messages"


@on_both
async def test_row_14_a_file_is_uploaded_sent_and_read_by_whoever_is_in_the_channel(sign_up):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    content = b"some words\n" * 50_000

    answer = await upload(ada, content, "words.txt")
    assert answer.status_code == 201, answer.text
    file = answer.json()
    assert file == {"id": file["id"], "name": "words.txt", "type": "text/plain", "size": len(content)}
    entry = (await attach(ada, file["id"], text="Look")).json()
    assert entry["files"] == [file]

    page = (await bob.get(MESSAGES)).json()
    read = await bob.get(f"/api/v1/files/{file['id']}")
    assert page["entries"][0]["files"] == [file]
    assert read.content == content
    assert read.headers["content-length"] == str(len(content))


@on_both
async def test_row_14_access_follows_the_channel(sign_up):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    made = (await ada.post("/api/v1/channels", json={"name": "plans"})).json()
    file = (await upload(ada, b"secret", channel=made["id"])).json()

    assert (await upload(bob, b"x", channel=made["id"])).status_code == 404
    await attach(ada, file["id"], channel=made["id"])
    assert (await bob.get(f"/api/v1/files/{file['id']}")).status_code == 404
    await bob.post(f"/api/v1/channels/{made['id']}/members")
    assert (await bob.get(f"/api/v1/files/{file['id']}")).content == b"secret"
    await bob.delete(f"/api/v1/channels/{made['id']}/members/me")
    assert (await bob.get(f"/api/v1/files/{file['id']}")).status_code == 404


async def test_an_archived_channel_takes_no_upload_either(sign_up):
    """No message there could have it: who uploads is told at once, and not by the send after it."""
    ada = await sign_up("ada")
    made = (await ada.post("/api/v1/channels", json={"name": "plans"})).json()
    await ada.patch(f"/api/v1/channels/{made['id']}", json={"archived": True})

    answer = await upload(ada, b"too late", channel=made["id"])

    assert answer.status_code == 403
    assert "is archived" in answer.json()["detail"]


async def test_row_14_a_file_goes_into_no_other_channel_than_the_one_it_was_uploaded_to(sign_up):
    ada = await sign_up("ada")
    made = (await ada.post("/api/v1/channels", json={"name": "plans"})).json()
    file = (await upload(ada, b"secret", channel=made["id"])).json()

    assert (await attach(ada, file["id"], channel=1)).status_code == 404
    assert (await attach(ada, file["id"], channel=made["id"])).status_code == 201


async def test_row_14_who_leaves_the_channel_while_a_file_is_on_its_way_does_not_get_it_in(sign_up, chat):
    ada = await sign_up("ada")
    await ada.delete("/api/v1/channels/1/members/me")

    with pytest.raises(NotFound):
        await chat.store.add_file(1, 1, File("0" * 32, "a.txt", "text/plain", 1), at=1)


async def test_row_14_access_to_a_small_picture_follows_the_channel_too(sign_up):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    made = (await ada.post("/api/v1/channels", json={"name": "plans"})).json()
    file = (await upload(ada, picture("PNG", (900, 900)), channel=made["id"])).json()
    path = f"/api/v1/files/{file['id']}/preview"

    assert [(await each.get(path)).status_code for each in (ada, bob)] == [200, 404]
    await attach(ada, file["id"], channel=made["id"])
    assert (await bob.get(path)).status_code == 404
    await bob.post(f"/api/v1/channels/{made['id']}/members")
    read = await bob.get(path)
    assert read.status_code == 200
    assert read.headers["cache-control"].startswith("private,")


async def test_an_upload_that_is_in_no_message_is_its_uploaders_alone(sign_up, browse):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    file = (await upload(ada, b"not yet")).json()

    assert (await ada.get(f"/api/v1/files/{file['id']}")).status_code == 200
    assert (await bob.get(f"/api/v1/files/{file['id']}")).status_code == 404
    assert (await attach(bob, file["id"])).status_code == 404
    assert (await browse().get(f"/api/v1/files/{file['id']}")).status_code == 401


@on_both
async def test_row_8_a_message_with_files_sent_again_is_the_same_message(sign_up):
    ada = await sign_up()
    file = (await upload(ada, b"once")).json()
    client_id = uuid.uuid4()

    first = await attach(ada, file["id"], client_id=client_id)
    again = await attach(ada, file["id"], client_id=client_id)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (await attach(ada, file["id"])).status_code == 404


async def test_row_14_the_size_has_a_limit_announced_or_not(sign_up, chat):
    ada = await sign_up()
    limit = chat.settings.file_limit
    msgspec.structs.force_setattr(chat.settings, "file_limit", 100_000)

    async def body():
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(20):
            yield b"\0" * 10_000

    announced = await upload(ada, b"\0" * 200_000)
    streamed = await ada.post(
        "/api/v1/channels/1/files", content=body(), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    fitting = await upload(ada, b"\0" * 100_000)

    msgspec.structs.force_setattr(chat.settings, "file_limit", limit)
    assert (announced.status_code, announced.json()["code"]) == (413, "too_large")
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too_large")
    assert fitting.status_code == 201


@pytest.mark.parametrize(
    ("path", "length", "code"),
    [("/api/v1/channels/1/files", "99999999999", "too_large"), ("/api/v1/channels/2/files", "1000000", "not_found")],
)
async def test_row_14_what_will_be_refused_is_not_even_read(sign_up, path, length, code):
    """What is too large by its own word, or for a channel that its sender is not in."""
    ada, bob = await sign_up("ada"), await sign_up("bob")
    await ada.post("/api/v1/channels", json={"name": "plans"})
    read = []

    async def body():
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for number in range(20):
            read.append(number)
            yield b"\0" * 10_000

    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": length}
    answer = await bob.post(path, content=body(), headers=headers)

    assert answer.json()["code"] == code
    assert read == []


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("cat.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "image/svg+xml"),
        ("cat.png", b"<html><script>alert(1)</script></html>", "text/html"),
        ("page.html", b"<!doctype html><p>hello", "text/html"),
        ("x.svg", b"<?xml version='1.0'?><svg/>", "image/svg+xml"),
        ("x.pdf", b"%PDF-1.7 /JavaScript", "application/pdf"),
        ("x.txt", b"hello", "text/plain"),
    ],
)
async def test_row_14_what_could_hold_a_script_is_never_served_to_be_shown(sign_up, name, content, kind):
    ada = await sign_up()
    file = await sent(ada, content, name)

    read = await ada.get(f"/api/v1/files/{file['id']}")

    assert file["type"] == kind
    assert read.headers["content-type"] == "application/octet-stream"
    assert read.headers["content-disposition"].startswith("attachment;")
    assert read.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in read.headers["content-security-policy"]


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
async def test_row_14_a_picture_has_a_preview_and_no_metadata(sign_up, kind, media_type):
    ada = await sign_up()

    file = await sent(ada, picture(kind, (1600, 900)), "holiday.txt")

    read = await ada.get(f"/api/v1/files/{file['id']}")
    preview = await ada.get(f"/api/v1/files/{file['id']}/preview")
    assert (file["type"], file["width"], file["height"], file["preview"]) == (media_type, 1600, 900, True)
    assert read.headers["content-type"] == media_type
    assert read.headers["content-disposition"].startswith("inline;")
    assert SECRET not in read.content
    assert file["size"] == len(read.content)
    assert preview.headers["content-type"] == "image/webp"
    assert max(Image.open(io.BytesIO(preview.content)).size) == 720
    assert SECRET not in preview.content


async def test_row_14_a_picture_held_sideways_is_turned_before_it_forgets_how_it_was_held(sign_up):
    ada = await sign_up()

    file = await sent(ada, picture("JPEG", (64, 48), orientation=6), "a.jpg")

    image = Image.open(io.BytesIO((await ada.get(f"/api/v1/files/{file['id']}")).content))
    assert (file["width"], file["height"]) == image.size == (48, 64)
    assert image.getpixel((24, 4))[0] > 200
    assert not image.getexif()


@pytest.mark.parametrize("content", [bomb(), picture("PNG")[:-30], picture("JPEG")[:200]])
async def test_row_14_a_bomb_or_a_broken_picture_is_a_file_that_is_not_shown(sign_up, content):
    ada = await sign_up()

    file = await sent(ada, content, "cat.png")

    read = await ada.get(f"/api/v1/files/{file['id']}")
    assert file["type"] == "application/octet-stream"
    assert "preview" not in file
    assert read.headers["content-disposition"].startswith("attachment;")


async def test_a_name_has_no_folders_and_says_itself_in_any_script(sign_up):
    ada = await sign_up()

    file = await sent(ada, b"x", "../../etc/caf\u00e9 \u6771\u4eac.txt")

    said = (await ada.get(f"/api/v1/files/{file['id']}")).headers["content-disposition"]
    assert "/" not in file["name"]
    assert file["name"].endswith("caf\u00e9 \u6771\u4eac.txt")
    assert "filename*=UTF-8''" in said
    assert said.isascii()


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [("bytes=2-4", 206, b"234"), ("bytes=7-", 206, b"789"), ("bytes=9-100", 206, b"9"), ("bytes=20-", 200, None)],
)
async def test_a_range_of_bytes_is_served_for_players(sign_up, asked, status, content):
    ada = await sign_up()
    file = await sent(ada, b"0123456789")

    read = await ada.get(f"/api/v1/files/{file['id']}", headers={"range": asked})

    assert (read.status_code, read.content) == (status, content or b"0123456789")
    assert read.headers["content-length"] == str(len(read.content))
    if content:
        start = b"0123456789".index(content)
        assert read.headers["content-range"] == f"bytes {start}-{start + len(content) - 1}/10"


async def test_row_13_files_are_found_by_name_and_by_what_they_are(sign_up, chat):
    ada = await sign_up()
    await sent(ada, picture("PNG"), "sunset at sea.png")
    await sent(ada, b"x", "notes.txt")
    while await chat.store.index():
        pass

    async def found(q):
        hits = (await ada.get("/api/v1/search", params={"q": q})).json()["hits"]
        return [hit["entry"]["seq"] for hit in hits]

    assert await found("sunset") == [1]
    assert await found("has:image") == [1]
    assert await found("has:file") == [2, 1]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"nothing of the kind", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--x--', "multipart/form-data; boundary=x"),
    ],
)
async def test_a_form_without_a_file_is_refused(sign_up, body, kind):
    ada = await sign_up()

    answer = await ada.post("/api/v1/channels/1/files", content=body, headers={"content-type": kind})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def part(name, content, more=b""):
    return b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name, more, content)


async def test_what_a_form_says_beside_its_file_is_no_part_of_it_and_two_files_are_refused(sign_up):
    ada = await sign_up()
    headers = {"content-type": "multipart/form-data; boundary=x"}
    beside, file = part(b"words", b"beside"), part(b"file", b"content", b'; filename="a"')

    one, two = [
        await ada.post("/api/v1/channels/1/files", content=b"".join(parts) + b"--x--\r\n", headers=headers)
        for parts in ([beside, file, beside], [file, file])
    ]

    assert (await ada.get(f"/api/v1/files/{one.json()['id']}")).content == b"content"
    assert (two.status_code, two.json()["code"]) == (400, "invalid")


async def test_other_sites_cannot_upload_with_our_cookies(sign_up):
    ada = await sign_up()
    ada.headers["origin"] = "https://evil.example"

    assert (await upload(ada, b"x")).status_code == 403


async def test_a_body_that_is_no_form_is_refused(sign_up):
    ada = await sign_up()

    assert (await ada.post("/api/v1/channels/1/files", json={})).status_code == 415


async def test_files_are_in_a_message_in_the_order_asked_for(sign_up):
    ada = await sign_up()
    ids = sorted([(await upload(ada, b"%d" % number)).json()["id"] for number in range(6)])

    entries = [(await attach(ada, *each)).json() for each in (ids[:3], ids[:2:-1])]

    assert [[file["id"] for file in entry["files"]] for entry in entries] == [ids[:3], ids[:2:-1]]


async def test_more_files_than_a_message_may_have_are_refused(sign_up):
    ada = await sign_up()

    answer = await attach(ada, *(f"{number:032x}" for number in range(11)))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


FORM = {"content-type": "multipart/form-data; boundary=x"}
BEGIN = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello'


async def test_one_account_has_so_many_uploads_under_way_and_the_others_have_theirs(sign_up, monkeypatch):
    """Row 14: what is half uploaded takes room, and nobody else's room is to be taken."""
    monkeypatch.setattr("chorus.chat.files.upload.MOST_UNDER_WAY", 2)
    ada, bob = await sign_up("ada"), await sign_up("bob")
    begun, goes_on = [], asyncio.Event()

    async def slowly():
        yield BEGIN
        begun.append(True)
        await goes_on.wait()
        yield b"\r\n--x--\r\n"

    under_way = [
        asyncio.ensure_future(ada.post("/api/v1/channels/1/files", content=slowly(), headers=FORM)) for _ in range(2)
    ]
    await eventually(lambda: len(begun) == 2, what="two uploads to be under way")
    refused = await upload(ada, b"a third one")
    of_another = await upload(bob, b"his first one")
    goes_on.set()
    done = await asyncio.gather(*under_way)

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert of_another.status_code == 201
    assert [each.status_code for each in done] == [201, 201]
    assert (await upload(ada, b"when there is room again")).status_code == 201


async def test_an_upload_of_which_nothing_comes_any_more_is_given_up(sign_up, monkeypatch):
    monkeypatch.setattr("chorus.chat.http.files.PATIENCE", 0.01)
    ada = await sign_up()

    async def no_further():
        yield BEGIN
        await asyncio.Event().wait()

    answer = await ada.post("/api/v1/channels/1/files", content=no_further(), headers=FORM)

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")  # whoever is on a train may try again
    assert "nothing came" in answer.json()["detail"]

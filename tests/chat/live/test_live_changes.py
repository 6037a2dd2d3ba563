"""Changes of messages over live connections: two instances, one database, one Valkey. Rows 9, 10 and 19."""

import uuid

from parts.databases import on_both
from parts.people import message
from parts.uploads import upload
from waiting import eventually


async def settled(client):
    await client.wait_for("caught_up")
    return client


async def ask(client, event, **fields):
    return await client.ask(event, {"channel": 1, "client_id": str(uuid.uuid4()), **fields})


async def heard(client, count):
    """The first entries, as soon as there are so many."""
    await eventually(lambda: len(client.got("entry")) >= count, what=f"{count} entries")
    return client.got("entry")


@on_both
async def test_every_change_arrives_at_the_other_instance_in_the_logs_order(instances):
    """Row 9 over live events."""
    one, other = instances
    ada, bob = await one.sign_up("ada"), await other.sign_up("bob")
    writer, reader = await settled(await one.connect(ada)), await settled(await other.connect(bob))

    await ask(writer, "message.send", text="tea?")
    answers = [
        await ask(writer, "message.edit", seq=1, text="coffee?"),
        await ask(reader, "message.react", seq=1, emoji="👍"),
        await ask(reader, "message.unreact", seq=1, emoji="👍"),
        await ask(reader, "message.send", text="yes", thread=1),
        await ask(writer, "message.delete", seq=1),
    ]

    entries = await heard(reader, 6)
    assert [entry["seq"] for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [answer["entry"] for answer in answers] == entries[1:]
    assert [e["kind"] for e in entries[1:]] == ["edited", "reacted", "unreacted", "posted", "deleted"]


async def test_a_message_sent_live_has_its_files_and_its_thread_and_an_edit_its_words(instances):
    """Row 9, row 14."""
    one, _ = instances
    ada = await one.sign_up("ada")
    writer = await settled(await one.connect(ada))
    file = (await upload(ada, b"tea leaves", "tea.txt")).json()

    await ask(writer, "message.send", text="tea?")
    await ask(writer, "message.send", text="", thread=1, files=[file["id"]])
    await ask(writer, "message.edit", seq=1, text="coffee?")

    _, sent, edited = await heard(writer, 3)
    assert (sent["thread"], [each["name"] for each in sent["files"]], edited["text"]) == (1, ["tea.txt"], "coffee?")


async def test_what_may_not_be_is_answered_and_not_told(instances):
    one, _ = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    writer, reader = await settled(await one.connect(ada)), await settled(await one.connect(bob))
    await ask(writer, "message.send", text="mine")

    refused = [
        await ask(reader, "message.edit", seq=1, text="x"),
        await ask(reader, "message.delete", seq=1),
        await ask(reader, "message.react", seq=9, emoji="👍"),
        await ask(reader, "message.react", seq=1, emoji="x"),
    ]

    assert [answer["error"]["code"] for answer in refused] == ["forbidden", "forbidden", "not_found", "invalid"]
    assert [entry["seq"] for entry in reader.got("entry")] == [1]


async def test_what_an_owner_deletes_live_stands_in_the_audit_log_with_their_address(instances):
    """Row 17: from where; behind a proxy on this machine, what the proxy says."""
    one, other = instances
    ada, bob = await one.sign_up("ada"), await other.sign_up("bob")
    writer = await settled(await other.connect(bob))
    for text in ("one", "two"):
        await ask(writer, "message.send", text=text)

    direct = await settled(await one.connect(ada))
    proxied = await settled(await one.connect(ada, x_forwarded_for="203.0.113.9"))
    answers = [await ask(direct, "message.delete", seq=1), await ask(proxied, "message.delete", seq=2)]

    lines = (await ada.get("/api/v1/audit", params={"act": "message."})).json()["lines"]
    assert [answer["ok"] for answer in answers] == [True, True]
    assert [line["address"] for line in lines] == ["203.0.113.9", "127.0.0.1"]


async def test_whoever_resumes_after_a_delete_never_gets_the_text(instances):
    """Row 9, row 19: not from the database, and not from the copies that instances keep for those who come back."""
    one, other = instances
    ada, bob = await one.sign_up("ada"), await other.sign_up("bob")
    writer = await settled(await one.connect(ada))
    watching = await settled(await other.connect(bob))
    await ask(writer, "message.send", text="a secret")
    await heard(watching, 1)
    await ask(writer, "message.delete", seq=1)
    await heard(watching, 2)

    late = [await settled(await each.connect(bob, auth={"cursors": {"1": 0}})) for each in (one, other)]

    for client in late:
        assert [entry["text"] for entry in await heard(client, 2)] == ["", ""]


async def test_reading_on_one_device_is_shown_on_the_other(instances):
    """Row 10: unread and mention counts, live."""
    one, other = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    desk, phone = await settled(await one.connect(bob)), await settled(await other.connect(bob))
    await ada.post("/api/v1/channels/1/messages", json=message("@bob!"))

    await bob.put("/api/v1/channels/1/read", json={"seq": 1})
    await bob.put("/api/v1/channels/1/read", json={"seq": 0, "back": True})

    for device in (desk, phone):
        await eventually(lambda device=device: len(device.got("channel.read")) == 2, what="both to be told")
        read, back = device.got("channel.read")
        assert (read["back"], read["channel"]["unread"], read["channel"]["mentions"]) == (False, 0, 0)
        assert (back["back"], back["channel"]["unread"], back["channel"]["mentions"]) == (True, 1, 1)


@on_both
async def test_row_9_a_draft_and_a_saved_message_reach_the_other_devices_of_their_account_alone(instances):
    one, other = instances
    ada, bob = await one.sign_up("ada"), await other.sign_up("bob")
    phone, elsewhere = await other.connect(ada), await other.connect(bob)
    for client in (phone, elsewhere):
        await client.wait_for("caught_up")
    await ada.post("/api/v1/channels/1/messages", json=message("keep me"))

    await ada.put("/api/v1/drafts", json={"channel": 1, "text": "Dear", "device": "desk"})
    await ada.put("/api/v1/saved/1/1")
    await ada.delete("/api/v1/saved/1/1")

    [draft] = await phone.wait_for("draft.changed")
    saved = await phone.wait_for("message.saved", 2)
    assert (draft["draft"]["text"], draft["device"]) == ("Dear", "desk")
    assert saved == [{"channel": 1, "seq": 1, "saved": True}, {"channel": 1, "seq": 1, "saved": False}]
    assert elsewhere.got("draft.changed") == elsewhere.got("message.saved") == []

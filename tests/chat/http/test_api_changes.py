"""Changing messages over HTTP, one sentence a test. Rows 9 and 10."""

import uuid
from urllib.parse import quote

import pytest

from parts.databases import on_both
from parts.people import message

MESSAGES = "/api/v1/channels/1/messages"


async def say(client, text="Hello", **fields):
    answer = await client.post(MESSAGES, json=message(text) | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def reaction(seq, emoji):
    return f"{MESSAGES}/{seq}/reactions/{quote(emoji)}"


@on_both
async def test_a_message_is_edited_reacted_to_replied_to_and_deleted(sign_up):
    """Row 9, in one walk on both databases."""
    ada = await sign_up()
    await say(ada, "Hello")

    edited = await ada.patch(f"{MESSAGES}/1", json=message("*Hi*"))
    reacted = await ada.put(reaction(1, "❤️"))
    reply = await say(ada, "A reply", thread=1)
    thread = (await ada.get("/api/v1/channels/1/threads/1")).json()
    assert (edited.json()["kind"], edited.json()["target"], edited.json()["html"]) == (
        "edited",
        1,
        "<p><em>Hi</em></p>",
    )
    assert (reacted.json()["kind"], reacted.json()["emoji"]) == ("reacted", "❤️")
    assert (reply["thread"], thread["root"]["reply_count"], thread["as_of"]) == (1, 1, 4)
    assert thread["root"]["reactions"] == [{"emoji": "❤️", "accounts": [1]}]
    assert thread["replies"] == [reply]

    deleted = await ada.delete(f"{MESSAGES}/1")
    assert (deleted.status_code, deleted.json()["kind"]) == (200, "deleted")
    found = (await ada.get(f"{MESSAGES}/1")).json()
    assert (found["deleted"], found["text"], found["html"], found["reply_count"]) == (True, "", "", 1)
    page = (await ada.get(MESSAGES)).json()
    assert (page["entries"][0], page["as_of"]) == (found, 5)
    assert (await ada.get(f"{MESSAGES}/1/edits")).json() == []


async def test_a_plain_message_has_none_of_the_fields_of_changes(sign_up):
    ada = await sign_up()

    assert set(await say(ada)) == {"channel", "seq", "kind", "at", "sender", "client_id", "text", "html"}


async def test_the_history_of_edits_begins_with_the_first_wording(sign_up):
    ada = await sign_up()
    await say(ada, "one")
    for text in ("two", "three"):
        await ada.patch(f"{MESSAGES}/1", json=message(text))

    assert [edit["text"] for edit in (await ada.get(f"{MESSAGES}/1/edits")).json()] == ["one", "two", "three"]


async def test_the_same_edit_again_changes_nothing(sign_up, announced):
    ada = await sign_up()
    await say(ada)
    change = message("Hi")
    answers = [await ada.patch(f"{MESSAGES}/1", json=change) for _ in range(3)]

    assert len({answer.text for answer in answers}) == 1
    assert [heard for heard in announced.heard if heard[0] == "entry"] == [("entry", 1, 1), ("entry", 1, 2)]


async def test_a_change_with_a_client_id_in_the_query_is_done_once(sign_up):
    ada = await sign_up()
    await say(ada)
    parameters = {"client_id": str(uuid.uuid4())}
    first = await ada.put(reaction(1, "👍"), params=parameters)
    again = await ada.put(reaction(1, "👍"), params=parameters)
    without = await ada.put(reaction(1, "👍"))

    assert first.json() == again.json()
    assert (without.status_code, without.json()["kind"]) == (200, "posted")


async def test_every_change_with_a_client_id_is_answered_alike_the_second_time(sign_up):
    """Row 9, as row 8."""
    ada = await sign_up()
    await say(ada)
    changes = [
        ("PUT", reaction(1, "🎉"), "reacted"),
        ("DELETE", reaction(1, "🎉"), "unreacted"),
        ("PUT", f"{MESSAGES}/1/pin", "pinned"),
        ("DELETE", f"{MESSAGES}/1/pin", "unpinned"),
        ("DELETE", f"{MESSAGES}/1", "deleted"),
    ]

    for seq, (method, path, kind) in enumerate(changes, start=2):
        parameters = {"client_id": str(uuid.uuid4())}
        first, again = [(await ada.request(method, path, params=parameters)).json() for _ in range(2)]
        assert (first["kind"], first["seq"]) == (kind, seq)
        assert again == first


async def test_people_change_their_own_messages_and_admins_delete_anybodys(sign_up):
    """Row 9: the policies. Ada owns the server."""
    ada, bob = await sign_up("ada"), await sign_up("bob")
    await say(ada, "ada's")
    await say(bob, "bob's")

    refused = [
        await bob.patch(f"{MESSAGES}/1", json=message("x")),
        await bob.delete(f"{MESSAGES}/1"),
        await ada.patch(f"{MESSAGES}/2", json=message("x")),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(403, "forbidden")] * 3
    assert (await ada.delete(f"{MESSAGES}/2")).status_code == 200


@pytest.mark.parametrize(
    ("emoji", "status"),
    [
        ("👍", 200),
        ("👍🏽", 200),
        ("👨\u200d👩\u200d👧", 200),
        ("🇺🇳", 200),
        ("thumbsup", 400),
        ("<b>", 400),
        ("👍👍", 400),
        ("👍" + "\u200d👍" * 40, 400),
    ],
)
async def test_only_emoji_are_reactions(sign_up, emoji, status):
    ada = await sign_up()
    await say(ada)

    assert (await ada.put(reaction(1, emoji))).status_code == status


async def test_what_is_not_there_is_not_found(sign_up):
    ada = await sign_up()
    await say(ada)
    await ada.put(reaction(1, "👍"))
    for seq in (2, 99):
        for answer in (
            await ada.get(f"{MESSAGES}/{seq}"),
            await ada.patch(f"{MESSAGES}/{seq}", json=message("x")),
            await ada.delete(f"{MESSAGES}/{seq}"),
            await ada.put(reaction(seq, "👍")),
            await ada.get(f"/api/v1/channels/1/threads/{seq}"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_reply_to_a_reply_is_refused(sign_up):
    ada = await sign_up()
    await say(ada)
    await say(ada, thread=1)

    answer = await ada.post(MESSAGES, json=message("x") | {"thread": 2})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@on_both
async def test_bootstrap_counts_what_is_unread_and_who_is_called(sign_up):
    """Row 10: @name, @channel; own sends are read; unread from here."""
    ada, bob = await sign_up("ada"), await sign_up("bob")
    await say(ada, "Hello")
    entry = await say(ada, "Are you there, @Bob?")
    await say(ada, "@channel and `@here`")

    async def general(client):
        [channel] = (await client.get("/api/v1/bootstrap")).json()["channels"]
        return channel["read_seq"], channel["unread"], channel["mentions"]

    assert entry["mentions"] == [2]
    assert await general(bob) == (0, 3, 2)
    assert await general(ada) == (3, 0, 0)

    await bob.put("/api/v1/channels/1/read", json={"seq": 3})
    await bob.put("/api/v1/channels/1/read", json={"seq": 1})
    assert await general(bob) == (3, 0, 0)

    await bob.put("/api/v1/channels/1/read", json={"seq": 1, "back": True})
    assert await general(bob) == (1, 2, 2)

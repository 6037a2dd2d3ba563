"""Pins, saved messages and drafts through HTTP: row 9."""

import pytest

from parts.databases import on_both
from parts.people import message

MESSAGES = "/api/v1/channels/1/messages"


async def say(client, text, channel=1):
    return (await client.post(f"/api/v1/channels/{channel}/messages", json=message(text))).json()


async def texts(client, path):
    return [each["text"] for each in (await client.get(f"/api/v1/{path}")).json()]


@on_both
async def test_row_9_a_pin_is_an_entry_for_everybody_and_stands_in_the_channels_list(sign_up):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    for text in ("one", "two", "three"):
        await say(ada, text)

    pinned = (await bob.put(f"{MESSAGES}/1/pin")).json()
    await ada.put(f"{MESSAGES}/3/pin")

    assert (pinned["kind"], pinned["target"], pinned["seq"]) == ("pinned", 1, 4)
    assert await texts(ada, "channels/1/pins") == ["three", "one"]
    assert (await ada.get(f"{MESSAGES}/1")).json()["pinned"] is True
    again = (await ada.put(f"{MESSAGES}/1/pin")).json()
    assert (again["kind"], again["seq"]) == ("posted", 1)
    unpinned = [(await ada.delete(f"{MESSAGES}/1/pin")).json() for _ in range(2)]
    assert [(each["kind"], each["seq"]) for each in unpinned] == [("unpinned", 6), ("posted", 1)]
    assert await texts(bob, "channels/1/pins") == ["three"]
    assert "pinned" not in (await ada.get(f"{MESSAGES}/1")).json()


@on_both
async def test_row_9_a_deleted_message_is_pinned_no_more(sign_up):
    ada = await sign_up()
    await say(ada, "regret")
    await ada.put(f"{MESSAGES}/1/pin")

    await ada.delete(f"{MESSAGES}/1")

    assert await texts(ada, "channels/1/pins") == []
    assert (await ada.put(f"{MESSAGES}/1/pin")).status_code == 404


@on_both
async def test_row_9_saved_messages_are_ones_own_and_as_they_are_now(sign_up, announced):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    await say(ada, "one")
    await say(ada, "two")

    for seq in (1, 2, 2):
        assert (await bob.put(f"/api/v1/saved/1/{seq}")).status_code == 204
    await ada.patch(f"{MESSAGES}/1", json=message("one, edited"))

    assert set(await texts(bob, "saved")) == {"two", "one, edited"}
    assert await texts(ada, "saved") == []
    assert ("personal", 2, "message.saved") in announced.heard
    await bob.delete("/api/v1/saved/1/2")
    assert await texts(bob, "saved") == ["one, edited"]
    assert (await bob.put("/api/v1/saved/1/99")).status_code == 404


@on_both
async def test_row_6_what_was_saved_or_begun_in_a_channel_is_out_of_reach_after_leaving_it(sign_up):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    await say(ada, "inside")
    await bob.put("/api/v1/saved/1/1")
    await bob.put("/api/v1/drafts", json={"channel": 1, "text": "well"})

    await bob.delete("/api/v1/channels/1/members/me")

    assert await texts(bob, "saved") == []
    assert await texts(bob, "drafts") == []
    assert (await bob.get("/api/v1/channels/1/pins")).status_code == 404
    assert (await bob.put(f"{MESSAGES}/1/pin")).status_code == 404
    assert (await bob.put("/api/v1/saved/1/1")).status_code == 404
    assert (await bob.put("/api/v1/drafts", json={"channel": 1, "text": "x"})).status_code == 404


@on_both
async def test_row_9_a_draft_follows_the_user_and_an_empty_one_is_none(sign_up, announced):
    ada = await sign_up()

    kept = (await ada.put("/api/v1/drafts", json={"channel": 1, "text": "Dear al", "device": "phone"})).json()
    await ada.put("/api/v1/drafts", json={"channel": 1, "text": "Dear all", "device": "phone"})
    await ada.put("/api/v1/drafts", json={"channel": 1, "thread": 7, "text": "a reply"})

    assert (kept["channel"], kept["thread"], kept["text"]) == (1, 0, "Dear al")
    assert set(await texts(ada, "drafts")) == {"a reply", "Dear all"}
    assert ("personal", 1, "draft.changed") in announced.heard
    await ada.put("/api/v1/drafts", json={"channel": 1, "text": "  "})
    assert await texts(ada, "drafts") == ["a reply"]


@pytest.mark.parametrize(
    ("text", "status"), [("x" * 16_000, 200), ("x" * 16_001, 413), ("a\0b", 400)], ids=["longest", "too long", "NUL"]
)
async def test_a_draft_has_the_bounds_of_a_message(sign_up, text, status):
    ada = await sign_up()

    assert (await ada.put("/api/v1/drafts", json={"channel": 1, "text": text})).status_code == status


async def test_row_9_one_saves_as_many_messages_as_the_list_shows(sign_up, monkeypatch):
    """More would be kept and never seen."""
    monkeypatch.setattr("chorus.chat.storage.queries.notes.MOST_LISTED", 2)
    ada = await sign_up()
    for text in ("one", "two", "three"):
        await ada.post("/api/v1/channels/1/messages", json=message(text))

    statuses = [(await ada.put(f"/api/v1/saved/1/{seq}")).status_code for seq in (1, 2, 2, 3)]
    await ada.delete("/api/v1/saved/1/1")
    again = await ada.put("/api/v1/saved/1/3")

    assert statuses == [204, 204, 204, 409]
    assert again.status_code == 204

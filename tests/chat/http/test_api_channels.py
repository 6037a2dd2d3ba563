"""Channels over HTTP, one sentence a test."""

import pytest

from chorus.chat.domain.limits import CHANNELS
from parts.databases import on_both
from parts.people import message


async def create(client, name="plans", topic=""):
    answer = await client.post("/api/v1/channels", json={"name": name, "topic": topic})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_general_is_there_from_the_start_with_everybody_in_it(sign_up):
    await sign_up("ada")
    grace = await sign_up("grace")

    [general] = (await grace.get("/api/v1/channels")).json()

    assert (general["name"], general["member"], general["members"]) == ("general", True, 2)


async def test_whoever_makes_a_channel_is_in_it(sign_up):
    ada = await sign_up()

    channel = await create(ada, "plans", "What comes next")

    assert channel == {
        "id": 2, "name": "plans", "topic": "What comes next", "last_seq": 0, "read_seq": 0,
        "member": True, "members": 1, "unread": 0, "mentions": 0,
        "kind": "public", "people": [], "creator": 1, "archived": False, "retention": None, "floor": 0,
    }  # fmt: skip


@on_both
async def test_an_account_makes_so_many_channels_at_once_and_says_when_to_make_the_next(sign_up):
    """Everybody is told of each, and has it in their list."""
    ada, grace = await sign_up("ada"), await sign_up("grace")
    for number in range(CHANNELS.burst):
        taken = await ada.post("/api/v1/channels", json={"name": "general"})
        assert taken.status_code == 409  # none is made: it does not count
        await create(ada, f"plans-{number}")
    refused = await ada.post("/api/v1/channels", json={"name": "more", "kind": "private"})

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= CHANNELS.interval
    await create(grace, "more")


async def test_a_new_channel_is_announced_as_others_see_it(sign_up, announced):
    ada = await sign_up()

    await create(ada, "plans")

    assert ("channel", "plans") in announced.heard
    assert ("membership", 1, 2, True) in announced.heard


async def test_a_name_is_given_once(sign_up):
    ada = await sign_up()
    await create(ada, "plans")

    answer = await ada.post("/api/v1/channels", json={"name": "Plans"})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@on_both
async def test_others_join_and_leave(sign_up):
    ada, grace = await sign_up("ada"), await sign_up("grace")
    channel = await create(ada)

    joined = await grace.post(f"/api/v1/channels/{channel['id']}/members")
    left = await grace.delete(f"/api/v1/channels/{channel['id']}/members/me")

    assert (joined.status_code, joined.json()["member"], joined.json()["members"]) == (200, True, 2)
    assert left.status_code == 204
    assert [each["member"] for each in (await grace.get("/api/v1/channels")).json()] == [True, False]


async def test_joining_a_channel_that_does_not_exist_is_not_found(sign_up):
    ada = await sign_up()

    answer = await ada.post("/api/v1/channels/99/members")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_reading_moves_forward_only(sign_up):
    ada, grace = await sign_up("ada"), await sign_up("grace")
    for _ in range(3):
        await ada.post("/api/v1/channels/1/messages", json=message())

    statuses = [(await grace.put("/api/v1/channels/1/read", json={"seq": seq})).status_code for seq in (2, 1)]

    assert statuses == [204, 204]
    assert (await grace.get("/api/v1/channels")).json()[0]["read_seq"] == 2


@pytest.mark.parametrize("seq", [-1, "two", 1.5, None, 2**53])
async def test_a_position_that_is_none_is_refused(sign_up, seq):
    ada = await sign_up()

    answer = await ada.put("/api/v1/channels/1/read", json={"seq": seq})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("channel", [0, 2**53, 10**30])
async def test_a_number_no_channel_can_have_is_refused(sign_up, channel):
    ada = await sign_up()

    answer = await ada.post(f"/api/v1/channels/{channel}/members")

    assert answer.status_code in {400, 404}


@on_both
async def test_the_largest_number_is_not_found(sign_up):
    """It fits into the database's columns."""
    ada = await sign_up()

    assert (await ada.post(f"/api/v1/channels/{2**53 - 1}/members")).status_code == 404


@on_both
async def test_bootstrap_has_everything_to_begin_with(sign_up):
    ada = await sign_up("ada")
    await sign_up("grace")
    await ada.post("/api/v1/channels/1/messages", json=message())

    start = (await ada.get("/api/v1/bootstrap")).json()

    assert start["account"]["handle"] == "ada"
    assert [account["handle"] for account in start["accounts"]] == ["ada", "grace"]
    assert [(channel["name"], channel["last_seq"]) for channel in start["channels"]] == [("general", 1)]
    assert (start["instance"], start["version"]) == ("7", "1.2.3")


async def test_the_server_describes_itself_to_anybody(browse, sign_up):
    before = (await browse().get("/api/v1/server")).json()
    await sign_up()
    after = (await browse().get("/api/v1/server")).json()

    assert before == {"name": "Chorus", "accounts": False, "sign_up": "open", "invite": None}
    assert after["accounts"]

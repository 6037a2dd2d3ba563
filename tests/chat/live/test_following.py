"""Channels that are joined, left and followed, heard live."""

from parts.databases import on_both
from parts.talking import post, settled

# Joining and leaving


@on_both
async def test_joining_by_http_is_heard_by_all_live_clients_of_the_account(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await one.sign_up("grace")
    here, there = await settled(await one.connect(grace)), await settled(await other.connect(grace))
    await ada.post("/api/v1/channels", json={"name": "plans"})
    await post(ada, 2, channel=2)

    await grace.post("/api/v1/channels/2/members")

    for client in (here, there):
        [joined] = await client.wait_for("channel.joined")
        assert (joined["channel"]["id"], joined["channel"]["last_seq"]) == (2, 2)
    await post(ada, 1, channel=2)
    for client in (here, there):
        await client.wait_for("entry")
        assert client.seqs() == [3]


async def test_leaving_ends_what_live_clients_hear_on_every_instance(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await one.sign_up("grace")
    here, there = await settled(await one.connect(grace)), await settled(await other.connect(grace))

    await grace.delete("/api/v1/channels/1/members/me")

    for client in (here, there):
        assert await client.wait_for("channel.left") == [{"channel": 1}]
    await post(ada, 1)
    await ada.post("/api/v1/channels", json={"name": "afterwards"})
    for client in (here, there):
        await client.wait_for("channel.created")
        assert client.got("entry") == []


async def test_following_a_channel_from_a_cursor(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await one.sign_up("grace")
    await ada.post("/api/v1/channels", json={"name": "plans"})
    await post(ada, 3, channel=2)
    client = await settled(await other.connect(grace))
    await grace.post("/api/v1/channels/2/members")
    await client.wait_for("channel.joined")

    answer = await client.ask("channel.follow", {"channel": 2, "after": 1})

    assert answer == {"ok": True, "seq": 3}
    await client.wait_for("entry", 2)
    assert client.seqs() == [2, 3]


async def test_following_what_is_followed_already_doubles_nothing(instances):
    one, _ = instances
    ada = await one.sign_up()
    await post(ada, 3)
    client = await settled(await one.connect(ada, auth={"cursors": {"1": 0}}))

    await client.ask("channel.follow", {"channel": 1, "after": 2})
    await post(ada, 1)

    await client.wait_for("entry", 4)
    assert client.seqs() == [1, 2, 3, 4]


async def test_a_channel_one_is_not_in_cannot_be_followed(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    await ada.post("/api/v1/channels", json={"name": "plans"})
    client = await settled(await other.connect(grace))

    answer = await client.ask("channel.follow", {"channel": 2, "after": 0})

    assert (answer["ok"], answer["error"]["code"]) == (False, "not_found")


async def test_new_channels_and_accounts_are_told_to_everybody(instances):
    one, other = instances
    ada = await one.sign_up("ada")
    client = await settled(await other.connect(ada))

    grace = await one.sign_up("grace")
    await grace.post("/api/v1/channels", json={"name": "plans"})

    [joined] = await client.wait_for("account.joined")
    [created] = await client.wait_for("channel.created")
    assert joined["account"]["handle"] == "grace"
    assert (created["channel"]["name"], created["channel"]["member"]) == ("plans", False)

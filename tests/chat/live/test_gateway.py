"""Live connections over real sockets: two instances, one database, one Valkey; one sentence a test."""

import asyncio
import uuid

import picows
import pytest

from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from parts.databases import on_both
from parts.people import message
from parts.sockets import LiveClient, Refused
from waiting import eventually


async def send(client, text="Hello", channel=1):
    return await client.ask("message.send", {"channel": channel, **message(text)})


async def post(browser, count, channel=1):
    for number in range(count):
        answer = await browser.post(f"/api/v1/channels/{channel}/messages", json=message(f"Number {number}"))
        assert answer.status_code == 201


async def settled(client):
    """Connected, told so, and caught up."""
    await client.wait_for("caught_up")
    return client


# Coming in


async def test_whoever_connects_is_told_who_and_where_it_is(instances):
    one, other = instances
    ada = await one.sign_up()

    client = await settled(await other.connect(ada))

    assert client.got("ready") == [{"account": 1, "instance": "1", "sid": client.sid}]
    assert client.got("caught_up") == [{"1": 0}]


async def test_nobody_signed_in_is_refused(instances):
    with pytest.raises(Refused) as refused:
        await instances[0].connect()

    assert refused.value.data["code"] == "unauthenticated"
    assert refused.value.data["retryable"] is False


@pytest.mark.parametrize("auth", [{"token": 3}, {"cursors": {"general": 1}}, {"cursors": {"1": -1}}, {"cursors": []}])
async def test_an_auth_that_is_none_is_refused_by_name(instances, auth):
    ada = await instances[0].sign_up()

    with pytest.raises(Refused) as refused:
        await instances[0].connect(ada, auth=auth)

    assert refused.value.data["code"] == "invalid"


async def test_the_pages_cookie_is_enough(instances):
    one, _ = instances
    ada = await one.sign_up()

    client = await LiveClient.open(one.address, cookie=cookies(ada), origin=one.address)

    assert (await client.wait_for("ready"))[0]["account"] == 1


async def test_a_cookie_without_an_origin_is_refused(instances):
    one, _ = instances
    ada = await one.sign_up()

    with pytest.raises(Refused) as refused:
        await LiveClient.open(one.address, cookie=cookies(ada))

    assert refused.value.data["code"] == "unauthenticated"


async def test_another_sites_page_is_refused_before_it_is_heard(instances):
    one, _ = instances
    ada = await one.sign_up()

    with pytest.raises(picows.WSHandshakeError):
        await LiveClient.open(one.address, cookie=cookies(ada), origin="https://evil.example")


# Messages


@on_both
async def test_a_message_sent_on_one_instance_arrives_at_the_other(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    sender, reader = await settled(await one.connect(ada)), await settled(await other.connect(grace))

    answer = await send(sender, "Hello *Grace*")

    [entry] = await reader.wait_for("entry")
    assert answer == {"ok": True, "entry": entry}
    assert (entry["seq"], entry["sender"], entry["text"]) == (1, 1, "Hello *Grace*")


async def test_the_sender_hears_its_own_message_too(instances):
    ada = await instances[0].sign_up()
    client = await settled(await instances[0].connect(ada))

    await send(client)

    assert [entry["seq"] for entry in await client.wait_for("entry")] == [1]


@on_both
async def test_many_senders_on_both_instances_are_heard_in_one_order(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    here, there = await settled(await one.connect(ada)), await settled(await other.connect(grace))

    await asyncio.gather(*(send(client, f"{n}") for n in range(40) for client in (here, there)))

    for client in (here, there):
        await client.wait_for("entry", 80)
        assert client.seqs() == list(range(1, 81))
    assert here.got("entry") == there.got("entry")


@on_both
async def test_the_same_client_id_on_two_instances_is_one_message(instances):
    one, other = instances
    ada = await one.sign_up()
    here, there = await settled(await one.connect(ada)), await settled(await other.connect(ada))
    body = {"channel": 1, **message()}

    answers = await asyncio.gather(*(client.ask("message.send", body) for client in (here, there) * 3))

    assert all(answer == answers[0] for answer in answers)
    await send(here, "the end")
    assert [entry["text"] for entry in await there.wait_for("entry", 2)] == ["Hello", "the end"]


async def test_what_http_sends_arrives_live(instances):
    one, other = instances
    ada = await one.sign_up()
    client = await settled(await other.connect(ada))

    await post(ada, 1)

    await client.wait_for("entry")
    assert client.seqs() == [1]


# Coming back


@on_both
async def test_who_was_away_gets_what_follows_its_cursor(instances):
    one, other = instances
    ada = await one.sign_up()
    await post(ada, 5)

    client = await settled(await other.connect(ada, auth={"cursors": {"1": 2}}))

    assert client.seqs() == [3, 4, 5]
    assert client.got("caught_up") == [{"1": 5}]


async def test_who_names_no_cursor_gets_what_comes_from_now_on(instances):
    one, other = instances
    ada = await one.sign_up()
    await post(ada, 3)

    client = await settled(await other.connect(ada))
    await post(ada, 1)

    await client.wait_for("entry")
    assert client.seqs() == [4]


async def test_a_cursor_beyond_the_end_counts_as_the_end(instances):
    one, other = instances
    ada = await one.sign_up()
    await post(ada, 3)

    client = await settled(await other.connect(ada, auth={"cursors": {"1": 999}}))
    await post(ada, 1)

    await client.wait_for("entry")
    assert client.seqs() == [4]


async def test_who_was_away_longer_than_messages_are_kept_goes_on_where_the_log_begins(instances, database_url):
    """Row 17, row 19: entries below the floor are gone for everybody, and `caught_up` is exact."""
    one, other = instances
    ada = await one.sign_up()
    await post(ada, 5)
    store = open_store(DatabaseSettings(url=database_url))
    await store.start()
    assert await store.expire(1, before=2**52, limit=3) == 3
    await store.close()

    client = await settled(await other.connect(ada, auth={"cursors": {"1": 1}}))
    await post(ada, 1)

    await client.wait_for("entry", 3)
    assert client.seqs() == [4, 5, 6]
    assert client.got("caught_up") == [{"1": 5}]


async def test_a_cursor_of_a_channel_one_is_not_in_gives_nothing(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    await ada.post("/api/v1/channels", json={"name": "plans"})
    await post(ada, 2, channel=2)

    client = await settled(await other.connect(grace, auth={"cursors": {"1": 0, "2": 0}}))

    assert client.got("entry") == []
    assert client.got("caught_up") == [{"1": 0}]


async def test_a_connection_cut_in_the_middle_loses_and_doubles_nothing(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    sender = await settled(await one.connect(ada))
    reader = await settled(await one.connect(grace))
    sending = asyncio.gather(*(send(sender, f"{n}") for n in range(60)))
    await reader.wait_for("entry", 5)

    reader.close()
    await eventually(lambda: reader.closed)
    before = reader.seqs()
    again = await other.connect(grace, auth={"cursors": {"1": before[-1]}})
    await sending

    await again.wait_for("entry", 60 - len(before))
    assert before + again.seqs() == list(range(1, 61))


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


# Going


@on_both
async def test_signing_out_ends_the_sessions_live_connections_on_every_instance(instances):
    one, other = instances
    ada = await one.sign_up()
    here, there = await settled(await one.connect(ada)), await settled(await other.connect(ada))

    await ada.delete("/api/v1/session")

    for client in (here, there):
        await eventually(lambda client=client: client.disconnected, within=1.0, what="the end of the connection")
        assert client.got("session.ended") == [{}]


async def test_signing_out_leaves_other_devices_alone(instances):
    one, _ = instances
    ada = await one.sign_up()
    phone = one.browse()
    await phone.post("/api/v1/session", json={"handle": "ada", "password": "correct horse battery"})
    other_device = await settled(await one.connect(phone))
    this_device = await settled(await one.connect(ada))

    await ada.delete("/api/v1/session")
    await eventually(lambda: this_device.disconnected)

    assert (await send(other_device))["ok"]


# Bad input


@pytest.mark.parametrize(
    "payload",
    [
        None, 3, "text", [], {},
        {"channel": "1", "client_id": str(uuid.uuid4()), "text": "x"},
        {"channel": 2**70, "client_id": str(uuid.uuid4()), "text": "x"},
        {"channel": 1, "client_id": "no uuid", "text": "x"},
        {"channel": 1, "client_id": str(uuid.uuid4()), "text": ""},
    ],
)  # fmt: skip
async def test_a_wrong_payload_is_answered_and_the_connection_goes_on(instances, payload):
    ada = await instances[0].sign_up()
    client = await settled(await instances[0].connect(ada))

    answer = await client.ask("message.send", payload)

    assert (answer["ok"], answer["error"]["code"]) == (False, "invalid")
    assert (await send(client))["ok"]


async def test_a_text_above_its_bound_is_answered(instances):
    ada = await instances[0].sign_up()
    client = await settled(await instances[0].connect(ada))

    answer = await send(client, "x" * 16_001)

    assert answer["error"]["code"] == "too_large"
    assert answer["error"]["retryable"] is False


async def test_an_event_nobody_knows_is_answered(instances):
    ada = await instances[0].sign_up()
    client = await settled(await instances[0].connect(ada))

    assert (await client.ask("message.shout", {}))["ok"] is False


def cookies(browser):
    return f"chorus_access={browser.cookies['chorus_access']}"


# Search


@on_both
async def test_row_13_what_was_sent_on_one_instance_is_found_on_the_other_a_moment_later(instances):
    one, other = instances
    ada = await one.sign_up()
    await post(ada, 1)
    client = other.browse(authorization=f"Bearer {ada.cookies['chorus_access']}")

    async def found():
        answer = await client.get("/api/v1/search", params={"q": "number from:me"})
        return [hit["entry"]["text"] for hit in answer.json()["hits"]]

    await eventually(found, what="the message to be found")
    assert await found() == ["Number 0"]

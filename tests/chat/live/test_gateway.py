"""Live connections over real sockets: two instances, one database, one Valkey; one sentence a test."""

import asyncio
import uuid

import picows
import pytest

from parts.databases import on_both
from parts.people import message
from parts.sockets import LiveClient, Refused
from parts.talking import post, send, settled
from waiting import eventually

# Coming in


async def test_whoever_connects_is_told_who_and_where_it_is(instances):
    one, other = instances
    ada = await one.sign_up()

    client = await settled(await other.connect(ada))

    assert client.got("ready") == [{"account": 1, "instance": "1", "sid": client.sid, "role": "owner"}]
    assert client.got("caught_up") == [{"1": 0}]


async def test_nobody_signed_in_is_refused(instances):
    with pytest.raises(Refused) as refused:
        await instances[0].connect()

    assert refused.value.data["code"] == "unauthenticated"
    assert refused.value.data["retryable"] is False


@on_both
async def test_one_account_has_so_many_connections_to_an_instance_and_the_others_have_theirs(instances, monkeypatch):
    """Row 5: what is sent to an account is sent to each of its connections."""
    monkeypatch.setattr("chorus.chat.live.gateway.MOST_CONNECTIONS", 2)
    one, other = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    first, _ = [await settled(await one.connect(ada)) for _ in range(2)]

    with pytest.raises(Refused) as refused:
        await one.connect(ada)

    assert (refused.value.data["code"], refused.value.data["retryable"]) == ("rate_limited", True)
    await settled(await one.connect(bob))
    await settled(await other.connect(ada))
    first.close()
    await eventually(lambda: lets_in(one, ada), what="the place of the one that went")


async def lets_in(instance, browser):
    try:
        await settled(await instance.connect(browser))
    except Refused:
        return False
    return True


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


async def test_a_program_may_show_its_token_in_a_header(instances):
    """Row 5: programs use bearer tokens; no browser can add the header, so the origin does not matter."""
    one, _ = instances
    ada = await one.sign_up()

    bearer = f"Bearer {ada.cookies['chorus_access']}"
    client = await LiveClient.open(one.address, authorization=bearer)

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


# Going


@on_both
async def test_signing_out_ends_the_sessions_live_connections_on_every_instance(instances):
    one, other = instances
    ada = await one.sign_up()
    here, there = await settled(await one.connect(ada)), await settled(await other.connect(ada))

    await ada.delete("/api/v1/session")

    for client in (here, there):
        await eventually(lambda client=client: client.disconnected, what="the end of the connection")
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


async def test_what_is_refused_without_an_acknowledgement_comes_as_an_error(instances):
    """By the form of its payload, and by the action that it asks for."""
    ada = await instances[0].sign_up()
    client = await settled(await instances[0].connect(ada))

    client.emit("message.send", {"channel": 7})
    client.emit("typing", {"channel": 7})

    form, refusal = await client.wait_for("error", 2)
    assert (form["event"], form["code"]) == ("message.send", "invalid")
    assert refusal == {"event": "typing", "code": "not_found", "detail": "There is no channel 7", "retryable": False}


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

"""Rows 6 and 7 over live connections: who hears what, on two instances."""

import pytest

from parts.databases import on_both
from parts.people import message
from waiting import eventually

API = "/api/v1"


@pytest.fixture
async def two(instances):
    """Ada on the first instance, Grace on the second: (browser, live connection) each."""
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    hers, graces = await one.connect(ada), await other.connect(grace)
    for each in (hers, graces):
        await each.wait_for("caught_up")
    return (ada, hers), (grace, graces)


async def make(client, name, **options):
    return (await client.post(f"{API}/channels", json={"name": name, **options})).raise_for_status().json()


@on_both
async def test_somebody_added_hears_the_channel_and_somebody_taken_out_hears_nothing_from_then_on(two):
    """Row 6: a removed member's open socket stops receiving at once, on every instance."""
    (ada, _), (_, graces) = two
    plans = await make(ada, "plans", kind="private")
    path = f"{API}/channels/{plans['id']}"

    (await ada.put(f"{path}/members/2")).raise_for_status()
    [joined] = await graces.wait_for("channel.joined")
    await ada.post(f"{path}/messages", json=message("For you too"))
    await graces.wait_for("entry")
    (await ada.delete(f"{path}/members/2")).raise_for_status()
    [left] = await graces.wait_for("channel.left")
    await ada.post(f"{path}/messages", json=message("Not for you"))
    await ada.post(f"{API}/channels/1/messages", json=message("For all"))

    assert (joined["channel"]["name"], joined["channel"]["kind"]) == ("plans", "private")
    assert left["channel"] == plans["id"]
    assert [entry["text"] for entry in await graces.wait_for("entry", 2)] == ["For you too", "For all"]


@on_both
async def test_a_conversation_opens_on_the_other_persons_screen(two):
    """Row 7: direct messages."""
    (ada, _), (_, graces) = two

    conversation = (await ada.post(f"{API}/conversations", json={"people": [2]})).json()
    await ada.post(f"{API}/channels/{conversation['id']}/messages", json=message("Psst"))

    [joined] = await graces.wait_for("channel.joined")
    [entry] = await graces.wait_for("entry")
    assert joined["channel"]["people"] == [1, 2]
    assert (entry["channel"], entry["text"]) == (conversation["id"], "Psst")


async def test_a_private_channel_is_not_heard_of_by_those_who_are_not_in_it(two):
    """Row 6."""
    (ada, hers), (_, graces) = two
    secret = await make(ada, "secret", kind="private")
    await ada.patch(f"{API}/channels/{secret['id']}", json={"topic": "Shh"})
    public = await make(ada, "public")
    await ada.patch(f"{API}/channels/{public['id']}", json={"topic": "Hear hear"})

    [changed] = await graces.wait_for("channel.changed")
    assert changed["channel"]["topic"] == "Hear hear"
    assert [each["channel"]["name"] for each in graces.got("channel.created")] == ["public"]
    assert [each["channel"]["topic"] for each in await hers.wait_for("channel.changed", 2)] == ["Shh", "Hear hear"]


async def test_a_channels_new_name_and_its_archiving_are_heard_of_elsewhere(two):
    """Row 7: rename, archive."""
    (ada, _), (_, graces) = two
    plans = await make(ada, "plans")

    await ada.patch(f"{API}/channels/{plans['id']}", json={"name": "ideas", "archived": True})

    [changed] = await graces.wait_for("channel.changed")
    found = changed["channel"]
    assert (found["name"], found["archived"], found["member"]) == ("ideas", True, False)


@on_both
async def test_deactivation_ends_the_live_connections_on_every_instance_within_a_second(instances):
    """Row 2; given five, for a machine that has other things to do."""
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    connections = [await each.connect(grace) for each in (one, other)]
    for each in connections:
        await each.wait_for("caught_up")

    (await ada.patch(f"{API}/accounts/2", json={"deactivated": True})).raise_for_status()

    for each in connections:
        await each.wait_for("session.ended", within=5.0)
        await eventually(lambda: each.disconnected, within=5.0, what="the connection to end")  # noqa: B023


async def test_a_member_made_a_guest_hears_of_no_new_channels_from_then_on_and_whom_it_sees(two):
    """Row 2: the role counts for connections that stand."""
    (ada, _), (_, graces) = two

    await ada.patch(f"{API}/accounts/2", json={"role": "guest"})
    await graces.wait_for("account.changed")
    await make(ada, "plans")
    await ada.post(f"{API}/channels/1/messages", json=message("Hello"))

    await graces.wait_for("entry")
    assert graces.got("channel.created") == []
    assert graces.got("account.changed")[0]["account"]["role"] == "guest"
    [seen] = await graces.wait_for("account.seen")
    assert seen["account"]["handle"] == "ada"


@pytest.mark.usefixtures("counting_together")
async def test_failed_sign_ins_are_counted_by_both_instances_together(instances):
    """Row 3: counted in Redis."""
    one, other = instances
    await one.sign_up("ada")
    body = {"handle": "ada", "password": "not the password"}

    statuses = []
    for turn in range(11):
        async with (one, other)[turn % 2].browse() as browser:
            statuses.append((await browser.post(f"{API}/session", json=body)).status_code)

    assert statuses == [401] * 10 + [429]

"""Typing and presence over two instances: row 12."""

from functools import partial

import pytest

from chorus.chat.live.announcements import LiveAnnouncer
from chorus.chat.live.typing import Typing
from parts.clock import Clock
from parts.databases import on_both
from parts.talking import settled
from waiting import eventually


@pytest.fixture
async def pair(instances):
    """Ada on one instance and Bob on the other, both caught up."""
    one, other = instances
    ada, bob = await one.sign_up("ada"), await other.sign_up("bob")
    live = [await one.connect(ada), await other.connect(bob)]
    for client in live:
        await client.wait_for("caught_up")
    return [*live, ada, bob]


async def watch(client, *accounts):
    return await client.ask("presence.watch", {"accounts": accounts})


@on_both
async def test_row_12_who_watches_sees_others_come_turn_away_and_go_on_any_instance(pair):
    ada, bob, *_ = pair
    answer = await watch(ada, 1, 2)
    assert answer["ok"]
    await eventually(lambda: seen(ada, answer).get(2) == "active", what="bob to be there")

    await bob.ask("presence.set", {"state": "away"})
    await eventually(lambda: seen(ada, answer).get(2) == "away", what="bob to be away")

    bob.close()
    await eventually(lambda: seen(ada, answer).get(2) == "offline", within=15, what="bob to be gone")
    assert seen(ada, answer)[1] == "active"


def seen(client, answer):
    """Who is what, after the answer to the watching and the events that followed."""
    states = {int(account): state for account, state in answer["present"].items()}
    return states | {each["account"]: each["state"] for each in client.got("presence")}


async def test_row_12_nobody_hears_of_those_they_do_not_watch(pair):
    ada, bob, *_ = pair
    for client, other in ((ada, 2), (bob, 1)):
        await eventually(lambda client=client, other=other: here(client, other), what="each to know of the other")
    await watch(ada, 2)
    await watch(bob)
    before = len(bob.got("presence"))

    await bob.ask("presence.set", {"state": "away"})
    await eventually(lambda: {"account": 2, "state": "away"} in ada.got("presence"), what="bob to be away")

    assert {each["account"] for each in ada.got("presence")} == {2}
    assert len(bob.got("presence")) == before


async def here(client, account):
    """Whether its instance knows that somebody sits before a connection of this account."""
    return (await watch(client, account))["present"].get(str(account)) == "active"


async def test_more_accounts_than_fit_a_screen_cannot_be_watched(pair):
    answer = await watch(pair[0], *range(1, 502))

    assert answer["error"]["code"] == "invalid"


@on_both
async def test_row_12_typing_is_seen_by_those_who_look_at_the_channel_on_any_instance(pair):
    ada, bob, *_ = pair
    assert (await ada.ask("channel.look", {"channel": 1}))["ok"]

    await eventually(lambda: typed(bob, ada), what="bob's typing to be seen")

    assert started(ada)[0] == {"channel": 1, "thread": 0, "account": 2, "active": True}
    assert bob.got("typing") == []


async def typed(bob, ada):
    """A room of another instance is heard a moment after it was joined: stop typing, and type, until it is."""
    await bob.ask("typing", {"channel": 1, "active": False})
    await bob.ask("typing", {"channel": 1})
    return started(ada)


def started(client):
    """What it was told of those who began to type."""
    return [each for each in client.got("typing") if each["active"]]


@pytest.fixture
def standing(monkeypatch):
    """What was typed stays new, however long it takes to say it again."""
    monkeypatch.setattr("chorus.chat.live.gateway.Typing", partial(Typing, clock=Clock()))


@pytest.mark.usefixtures("standing")
async def test_row_12_who_types_is_told_of_once_and_when_they_stop_and_never_to_themselves(instances):
    one, _ = instances
    ada, bob = [await settled(await one.connect(await one.sign_up(handle))) for handle in ("ada", "bob")]
    for client in (ada, bob):
        await client.ask("channel.look", {"channel": 1})

    for active in (True, True, False, False):
        await bob.ask("typing", {"channel": 1, "thread": 7, "active": active})
    await ada.wait_for("typing", 2)
    for client in (ada, bob):
        await client.ask("presence.set", {"state": "active"})  # what was on its way has come

    assert ada.got("typing") == [{"channel": 1, "thread": 7, "account": 2, "active": each} for each in (True, False)]
    assert bob.got("typing") == []


async def test_row_12_who_types_elsewhere_is_not_told_to_those_who_look_at_another_channel(instances):
    one, _ = instances
    browsers = await one.sign_up("ada"), await one.sign_up("bob")
    (await browsers[0].post("/api/v1/channels", json={"name": "plans"})).raise_for_status()
    (await browsers[1].post("/api/v1/channels/2/members")).raise_for_status()
    ada, bob = [await settled(await one.connect(each)) for each in browsers]
    await ada.ask("channel.look", {"channel": 1})

    for channel in (2, 1):
        assert (await bob.ask("typing", {"channel": channel}))["ok"]
    await ada.wait_for("typing")

    assert [each["channel"] for each in ada.got("typing")] == [1]


async def test_row_12_typing_is_not_heard_after_leaving_a_channel_that_was_looked_at_before_it_was_followed(
    instances, monkeypatch
):
    """That the account joined was never said, or not yet."""
    one, _ = instances
    browsers = await one.sign_up("ada"), await one.sign_up("bob")
    for name in ("plans", "tea"):
        (await browsers[0].post("/api/v1/channels", json={"name": name})).raise_for_status()
    ada, bob = [await settled(await one.connect(each)) for each in browsers]
    with monkeypatch.context() as silence:
        silence.setattr(LiveAnnouncer, "announce_membership", lambda *_, **__: None)
        (await browsers[1].post("/api/v1/channels/2/members")).raise_for_status()
    assert (await bob.ask("channel.look", {"channel": 2}))["ok"]

    (await browsers[1].delete("/api/v1/channels/2/members/me")).raise_for_status()
    (await browsers[1].post("/api/v1/channels/3/members")).raise_for_status()
    await bob.wait_for("channel.joined")
    assert (await ada.ask("typing", {"channel": 2, "active": True}))["ok"]
    await bob.ask("channel.look", {"channel": 1})

    assert bob.got("typing") == []


async def test_row_12_typing_is_not_heard_any_more_after_looking_elsewhere(pair):
    ada, bob, *_ = pair
    await ada.ask("channel.look", {"channel": 1})
    await eventually(lambda: typed(bob, ada), what="bob's typing to be seen")

    await ada.ask("channel.look", {"channel": None})
    before = len(ada.got("typing"))
    await bob.ask("typing", {"channel": 1, "active": False})
    await bob.ask("message.send", {"channel": 1, "client_id": "00000000-0000-4000-8000-000000000001", "text": "hi"})
    await ada.wait_for("entry")

    assert len(ada.got("typing")) == before


async def test_row_6_nobody_looks_or_types_in_a_channel_they_are_not_in(pair):
    _, bob, browser, _ = pair
    made = (await browser.post("/api/v1/channels", json={"name": "plans"})).json()

    looked = await bob.ask("channel.look", {"channel": made["id"]})
    wrote = await bob.ask("typing", {"channel": made["id"]})

    assert (looked["error"]["code"], wrote["error"]["code"]) == ("not_found", "not_found")


async def test_row_6_who_leaves_a_channel_hears_no_typing_there_any_more(pair):
    ada, bob, browser, _ = pair
    await ada.ask("channel.look", {"channel": 1})
    await eventually(lambda: typed(bob, ada), what="bob's typing to be seen")

    await browser.delete("/api/v1/channels/1/members/me")
    await ada.wait_for("channel.left")
    before = len(ada.got("typing"))
    for active in (False, True):
        await bob.ask("typing", {"channel": 1, "active": active})
    await ada.ask("presence.set", {"state": "active"})

    assert len(ada.got("typing")) == before

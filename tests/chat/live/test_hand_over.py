"""Live connections of the chat that go on at another instance: nothing is lost, doubled or forgotten on the way."""

import uuid

import pytest

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.sessions import Session
from chorus.chat.live import gateway, travelling
from chorus.chat.live.announcements import LiveAnnouncer
from chorus.chat.live.members import Member
from chorus.realtime import NotMovable
from parts.sockets import LiveClient
from waiting import eventually

API = "/api/v1"


async def welcomed(instance, browser) -> LiveClient:
    client = await instance.connect(browser)
    await client.wait_for("caught_up")
    return client


async def say(browser, text, channel=1):
    posted = await browser.post(
        f"{API}/channels/{channel}/messages", json={"client_id": str(uuid.uuid4()), "text": text}
    )
    assert posted.status_code < 300, posted.text


def texts(client):
    return [entry["text"] for entry in client.got("entry")]


async def test_it_goes_on_hearing_and_speaking(instances):
    """What was said before, on the way and after, each once and in order."""
    one, other = instances
    ada = await one.sign_up("ada")
    live = await welcomed(one, ada)
    await say(ada, "before")

    await one.give(other, lambda: say(ada, "on the way"))
    await say(ada, "after")
    answer = await live.ask("message.send", {"channel": 1, "client_id": str(uuid.uuid4()), "text": "myself"})

    assert answer["ok"]
    await eventually(lambda: len(texts(live)) == 4)
    assert texts(live) == ["before", "on the way", "after", "myself"]
    assert not live.closed
    assert len(live.got("ready")) == len(live.got("caught_up")) == 1
    assert live.got("moved") == [{"instance": "1"}]


async def test_it_is_let_in_where_its_account_has_as_many_as_it_may_have(instances, monkeypatch):
    """Nobody is sent away for where they are served."""
    monkeypatch.setattr(gateway, "MOST_CONNECTIONS", 1)
    one, other = instances
    ada = await one.sign_up("ada")
    here, there = await welcomed(one, ada), await welcomed(other, ada)

    await one.give(other)
    await say(ada, "for both")

    await eventually(lambda: texts(here) == texts(there) == ["for both"])
    await welcomed(one, ada)


async def test_a_channel_that_was_joined_while_it_was_on_its_way_is_followed(instances, monkeypatch):
    """What was said of it reached nobody, as if an instance had heard it that no longer had the connection."""
    monkeypatch.setattr(gateway, "MOVED", 0.01)
    one, other = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    names = ("plans", "ideas")
    plans, ideas = [(await ada.post(f"{API}/channels", json={"name": each})).json()["id"] for each in names]
    live = await welcomed(one, bob)
    monkeypatch.setattr(LiveAnnouncer, "announce_membership", lambda *_, **__: None)

    await one.give(other, lambda: bob.post(f"{API}/channels/{plans}/members"))
    await live.wait_for("channel.joined")
    await say(ada, "welcome", plans)
    await other.give(one)
    await one.give(other, lambda: bob.post(f"{API}/channels/{ideas}/members"))
    await live.wait_for("channel.joined", 2)
    await say(ada, "again", ideas)

    await eventually(lambda: texts(live) == ["welcome", "again"])


async def test_a_session_that_was_ended_while_it_was_on_its_way_ends(instances, monkeypatch):
    monkeypatch.setattr(gateway, "MOVED", 0.01)
    one, other = instances
    ada = await one.sign_up("ada")
    live = await welcomed(one, ada)

    await one.give(other, lambda: ada.delete(f"{API}/session"))

    await live.wait_for("session.ended")
    await eventually(lambda: live.disconnected)


async def test_signing_out_reaches_it_where_it_is(instances):
    one, other = instances
    ada = await one.sign_up("ada")
    live = await welcomed(one, ada)
    await one.give(other)

    await ada.delete(f"{API}/session")

    await live.wait_for("session.ended")


async def test_who_is_here_and_who_is_typing_go_on(instances):
    """Nobody is seen to leave; what it looks at and watches goes along."""
    one, other = instances
    ada, bob = await one.sign_up("ada"), await other.sign_up("bob")
    hers, his = await welcomed(one, ada), await welcomed(other, bob)
    await hers.ask("presence.watch", {"accounts": [2]})
    await his.ask("presence.watch", {"accounts": [1]})
    await hers.ask("channel.look", {"channel": 1})
    await hers.ask("presence.set", {"state": "away"})
    await eventually(lambda: {"account": 1, "state": "away"} in his.got("presence"))

    await one.give(other)
    await his.ask("typing", {"channel": 1, "active": True})
    await his.ask("presence.set", {"state": "away"})

    await hers.wait_for("typing")
    await eventually(lambda: {"account": 2, "state": "away"} in hers.got("presence"))
    assert [each["state"] for each in his.got("presence") if each["account"] == 1][-1] == "away"
    assert "offline" not in {each["state"] for each in his.got("presence")}


@pytest.mark.parametrize("times", [4])
async def test_it_may_move_again_and_again(instances, times):
    one, other = instances
    ada = await one.sign_up("ada")
    live = await welcomed(one, ada)

    for turn in range(times):
        await one.give(other, lambda turn=turn: say(ada, f"{turn}"))
        one, other = other, one

    await eventually(lambda: texts(live) == [str(turn) for turn in range(times)])


def test_it_takes_along_what_it_had():
    session = Session("s", Account(1, "ada", "Ada", Role.MEMBER), 0)
    member = Member(None, session)
    member.followed, member.looks_at, member.seen, member.welcomed = {1: 2}, 1, frozenset({3, 1}), True

    there, taken = travelling.unpack(None, travelling.pack(member, presence=2, watched=[5]))

    assert (there.session, there.followed, there.looks_at, there.follows, there.welcomed) == (
        session, {1: 2}, 1, True, True,
    )  # fmt: skip
    assert (taken.presence, taken.watched, taken.seen) == (2, [5], [1, 3])


async def test_it_stays_until_it_is_welcomed_and_while_its_channels_are_looked_up():
    member = Member(None, Session("s", Account(1, "ada", "Ada", Role.MEMBER), 0))
    ready = [travelling.is_ready(None), travelling.is_ready(member)]
    member.welcomed = True
    async with member.changing:
        ready.append(travelling.is_ready(member))
        with pytest.raises(NotMovable):
            travelling.pack(member, presence=None, watched=[])

    assert [*ready, travelling.is_ready(member)] == [False, False, False, True]

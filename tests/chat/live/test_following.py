"""Channels that are joined, left and followed, heard live."""

import asyncio
from types import SimpleNamespace

import pytest

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.sessions import Session
from chorus.chat.limits.memory import MemoryLimiter
from chorus.chat.live.allowance import Allowance
from chorus.chat.live.announcements import LiveAnnouncer
from chorus.chat.live.following import Following
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import FollowChannel
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


async def test_following_from_beyond_the_end_is_following_from_the_end(instances, monkeypatch):
    """Of a channel that is not followed yet: that the account joined it was never said, or not yet."""
    one, _ = instances
    ada, grace = await one.sign_up("ada"), await one.sign_up("grace")
    await ada.post("/api/v1/channels", json={"name": "plans"})
    await post(ada, 1, channel=2)
    client = await settled(await one.connect(grace))
    with monkeypatch.context() as silence:
        silence.setattr(LiveAnnouncer, "announce_membership", lambda *_, **__: None)
        (await grace.post("/api/v1/channels/2/members")).raise_for_status()

    answer = await client.ask("channel.follow", {"channel": 2, "after": 9})
    await post(ada, 1, channel=2)

    assert answer == {"ok": True, "seq": 1}
    await client.wait_for("entry")
    assert client.seqs() == [2]


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


# Meanwhile


class Desk:
    """An instance's following by itself: its store answers when it is let, and its connection keeps what it is told."""

    def __init__(self):
        self.store, self.client = self, self
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()
        self.answer = Channel(7, "plans", "", last_seq=3, read_seq=0, member=True, members=1)
        self.handlers, self.told, self.hears = {}, [], []
        typing = SimpleNamespace(unlook=lambda *_: None)
        allowance = Allowance(MemoryLimiter(), per_minute=0)
        self.following = Following(self, self, self, allowance, typing, asyncio.ensure_future)
        self.state = self.member = Member(self, Session("s", Account(1, "ada", "Ada", Role.MEMBER), 0))
        self.member.follows = True

    def on(self, event, *, payload):
        return lambda handler: self.handlers.__setitem__(event, handler)

    async def joined_channel(self, *_):
        self.asked.set()
        await self.go_on.wait()
        if self.answer is None:
            raise NotFound("There is no channel 7")
        return self.answer

    async def follow(self, _client, room, *, after):
        self.hears.append((room, after))
        return after

    def unfollow(self, _client, room):
        self.hears = [each for each in self.hears if each[0] != room]

    def emit(self, event, _payload):
        self.told.append(event)


@pytest.fixture
def desk():
    return Desk()


async def test_row_6_no_membership_changes_between_finding_that_a_connection_may_follow_and_its_following(desk):
    """Otherwise somebody who leaves meanwhile would go on hearing the channel."""
    following = asyncio.ensure_future(desk.handlers["channel.follow"](desk, FollowChannel(7, after=1)))
    await desk.asked.wait()

    assert (desk.member.changing.locked(), desk.member.followed) == (True, {})
    desk.go_on.set()
    await following
    assert (desk.member.changing.locked(), desk.member.followed) == (False, {7: 1})


@pytest.mark.parametrize("joined", [True, False], ids=["joined", "left"])
async def test_row_18_of_a_connection_that_has_gone_or_moved_nothing_is_said_here(desk, joined):
    """Whoever has it looks itself, and says so."""
    desk.member.followed = followed = {} if joined else {7: 3}
    if not joined:
        desk.answer = None
    desk.go_on.set()
    desk.member.gone = True

    await desk.following.align(desk.member, 7)

    assert (desk.told, desk.hears, desk.member.followed) == ([], [], followed)


async def test_leaving_a_channel_is_told_once_however_often_it_is_looked_up(desk):
    desk.member.followed = {7: 3}
    desk.answer = None
    desk.go_on.set()

    for _ in range(2):
        await desk.following.align(desk.member, 7)

    assert desk.told == ["channel.left"]


async def test_row_18_a_channel_that_is_joined_while_its_connection_is_let_in_is_followed_once(desk):
    desk.member.follows = False
    desk.go_on.set()

    await desk.following.align(desk.member, 7)
    reached = await desk.following.begin(desk.member)

    assert (reached, desk.hears) == ({7: 3}, [("channel:7", 3)])

"""Typing and presence over two instances: row 12."""

import asyncio
from functools import partial

import pytest

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.sessions import Session
from chorus.chat.limits.memory import MemoryLimiter
from chorus.chat.live.allowance import Allowance
from chorus.chat.live.announcements import LiveAnnouncer
from chorus.chat.live.attendance import CHANNEL, Attendance
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import LookAtChannel, SetPresence, WatchPresence
from chorus.chat.live.typing import Typing
from chorus.realtime import MemoryBackplane, Server
from chorus.realtime.presence.wire import Left, decode
from parts.clock import Clock
from parts.databases import on_both
from parts.talking import settled
from parts.wire import FakeSession
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


class Line:
    """A connection that keeps what it was told."""

    def __init__(self, account, **more):
        self.told = []
        self.state = Member(self, Session("s", Account(account, "ada", "Ada", Role.MEMBER), 0))
        self.state.seen = None
        for name, value in more.items():
            setattr(self.state, name, value)

    def send_frame(self, frame):
        self.told.append(frame)


class Asked:
    """A chat's store that says who is in a channel when it is let, and a namespace of which somebody asks."""

    def __init__(self):
        self.store = self
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()
        self.handlers = {}

    def on(self, event, *, payload):
        return lambda handler: self.handlers.__setitem__(event, handler)

    async def joined_channel(self, *_):
        self.asked.set()
        await self.go_on.wait()


async def test_row_12_no_membership_of_a_connection_changes_between_finding_that_it_may_look_and_its_looking():
    """Otherwise somebody who leaves meanwhile would go on hearing who types there."""
    chat, line, rooms = Asked(), Line(1), []
    line.join = rooms.append
    Typing(chat, chat, Allowance(MemoryLimiter(), per_minute=0))
    looking = asyncio.ensure_future(chat.handlers["channel.look"](line, LookAtChannel(7)))
    await chat.asked.wait()

    assert (line.state.changing.locked(), rooms) == (True, [])
    chat.go_on.set()
    await looking
    assert (line.state.changing.locked(), len(rooms), line.state.looks_at) == (False, 1, 7)


async def test_row_12_leaving_a_channel_ends_the_look_at_it_and_at_no_other():
    chat, line, rooms = Asked(), Line(1, followed={7: 0}), set()
    line.join, line.leave = rooms.add, rooms.discard
    typing = Typing(chat, chat, Allowance(MemoryLimiter(), per_minute=0))
    await chat.handlers["channel.look"](line, LookAtChannel(7))

    typing.unlook(line.state, 8)
    assert (len(rooms), line.state.looks_at) == (1, 7)
    typing.unlook(line.state, 7)
    assert (len(rooms), line.state.looks_at) == (0, None)


async def test_row_12_typing_is_not_kept_for_those_who_read_too_slowly():
    server = Server(instance="0", backplane=MemoryBackplane())
    chat = server.namespace("/")
    Typing(None, chat, Allowance(MemoryLimiter(), per_minute=0))

    @chat.on_connect
    def _sign_in(client, auth):
        client.state = Line(auth["account"], followed={1: 0}).state
        client.state.client = client

    await server.start()
    one, quick, slow = sessions = [FakeSession(server) for _ in range(3)]
    for account, session in enumerate(sessions):
        session.say(f'40{{"account":{account}}}', '42["channel.look",{"channel":1}]')
    await eventually(lambda: [client.state.looks_at for client in chat.clients()] == [1, 1, 1], what="all to look")
    for session in sessions:
        session.heard()
    slow.connection.congested()

    one.say('42["typing",{"channel":1}]')
    heard = []
    await eventually(lambda: heard.extend(quick.heard()) or heard, what="the typing")

    assert heard == ['42["typing",{"channel":1,"thread":0,"account":0,"active":true}]']
    assert slow.heard() == []
    await server.close()


class Desk:
    """An instance's attendance by itself: what is asked of it, on a clock that stands."""

    def __init__(self):
        self.asked = {}
        self.clock = Clock(100.0)
        allowance = Allowance(MemoryLimiter(), per_minute=0)
        self.backplane = MemoryBackplane()
        self.attendance = Attendance(self, self.backplane, allowance)
        self.attendance._presence._clock = self.clock

    def on(self, event, *, payload):
        return lambda handler: self.asked.__setitem__(event, handler)

    def encode(self, _event, payload):
        return payload.account, payload.state

    async def watch(self, line, *accounts):
        return (await self.asked["presence.watch"](line, WatchPresence(accounts))).present

    async def set(self, line, state):
        await self.asked["presence.set"](line, SetPresence(state))

    def pass_time(self, seconds):
        for _ in range(round(seconds / 0.5)):
            self.clock.now += 0.5
            self.attendance._presence.look()


@pytest.fixture
def desk():
    return Desk()


async def test_row_12_an_account_is_active_while_somebody_sits_before_one_of_its_connections(desk):
    first, second, watcher = Line(1), Line(1), Line(2)
    await desk.watch(watcher, 1)
    for line in (first, second):
        desk.attendance.arrived(line.state)
        desk.pass_time(1)

    await desk.set(first, "away")
    desk.pass_time(5)
    assert watcher.told == [(1, "active")]
    await desk.set(second, "away")
    desk.pass_time(5)
    assert watcher.told == [(1, "active"), (1, "away")]
    desk.attendance.left(second.state)
    desk.pass_time(5)
    assert watcher.told == [(1, "active"), (1, "away")]
    desk.attendance.left(first.state)
    desk.pass_time(5)
    assert watcher.told == [(1, "active"), (1, "away"), (1, "offline")]


async def test_row_12_a_connection_that_went_before_it_was_let_in_is_nobodys_presence(desk):
    gone, watcher = Line(1, gone=True), Line(2)
    await desk.watch(watcher, 1)

    desk.attendance.arrived(gone.state)
    await desk.set(gone, "active")
    await desk.watch(gone, 2)
    desk.pass_time(1)

    assert watcher.told == []
    assert desk.attendance.of(gone.state) == (None, [])


async def test_row_12_a_connection_that_has_gone_watches_nobody_and_nothing_is_kept_of_it(desk):
    line, other = Line(1), Line(2)
    desk.attendance.arrived(line.state)
    await desk.watch(line, 1, 2)
    for _ in range(2):
        desk.attendance.left(line.state)

    desk.attendance.arrived(other.state)
    desk.pass_time(5)

    assert line.told == []
    assert desk.attendance.of(line.state) == (None, [])
    assert desk.attendance._here.keys() == {2}


async def test_row_12_a_connection_that_came_from_another_process_is_there_as_it_was(desk):
    line, watcher = Line(1), Line(2)
    await desk.watch(watcher, 1)

    desk.attendance.moved(line.state, 1, [2])
    desk.pass_time(1)
    desk.attendance.arrived(watcher.state)
    desk.pass_time(1)

    assert watcher.told == [(1, "away")]
    assert line.told == [(2, "active")]
    assert desk.attendance.of(line.state) == (1, [2])
    assert await desk.watch(watcher, 1, 2, 3) == {1: "away", 2: "active"}


async def test_row_12_an_instance_that_ends_says_so(desk):
    said = []
    desk.backplane.subscribe(CHANNEL, said.append)
    await desk.backplane.start()
    desk.attendance.start()

    await desk.attendance.close()
    await eventually(lambda: isinstance(decode(said[-1]), Left), what="the end to be said")

    await desk.backplane.close()


async def test_who_sees_fewer_people_goes_on_watching_those_it_sees_alone(desk):
    line = Line(1)
    await desk.watch(line, 2, 3)
    line.state.seen = frozenset({1, 2})

    desk.attendance.restrict(line.state)
    for account in (2, 3):
        desk.attendance.arrived(Line(account).state)
    desk.pass_time(1)

    assert line.told == [(2, "active")]


async def test_row_12_nothing_is_made_for_somebody_whom_nobody_watches(desk):
    """What a crowd that comes costs depends on who looks at it."""
    made = []
    desk.encode = lambda _event, payload: made.append(payload)
    await desk.watch(Line(1), 5)

    for account in range(1000):
        desk.attendance.arrived(Line(account).state)
    desk.pass_time(1)

    assert [each.account for each in made] == [5]

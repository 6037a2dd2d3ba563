"""Typing and presence of one instance by itself, its connections pretended and its clock standing: row 12."""

import asyncio

import pytest

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.sessions import Session
from chorus.chat.limits.memory import MemoryLimiter
from chorus.chat.live.allowance import Allowance
from chorus.chat.live.attendance import CHANNEL, Attendance
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import LookAtChannel, SetPresence, WatchPresence
from chorus.chat.live.typing import Typing
from chorus.realtime import MemoryBackplane, Server
from chorus.realtime.presence.wire import Left, decode
from parts.clock import Clock
from parts.wire import FakeSession
from waiting import eventually


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

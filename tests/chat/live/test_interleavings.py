"""Whatever meets whatever between two questions to the database: every live connection gets every entry once, in order.

Two instances in one event loop whose time jumps, on one database that answers when the seed says so. What happens is
chosen by the seed alone, so a run that fails can be had again: `Scene(seed, folder)`.
"""

import asyncio
import json
import random
import uuid

import pytest

from chorus.chat.actions import channels, messages, sessions
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.settings import ChatSettings
from chorus.chat.domain.accounts import Role
from chorus.chat.domain.errors import ChatError
from chorus.chat.live.announcements import LiveAnnouncer
from chorus.chat.live.gateway import Gateway
from chorus.chat.storage import sqlite
from chorus.chat.storage.log import ChannelLog
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from chorus.realtime import DurableRooms, EngineOptions, EntriesGone, Entry, MemoryBackplane, Server
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.handover import notes
from chorus.realtime.handover.packing import pack
from chorus.realtime.handover.state import WireState, decode, encode
from chorus.realtime.server.durable_settings import DurableSettings
from parts.databases import fresh_sqlite
from parts.jumping import JumpingLoop
from parts.people import quick_passwords
from parts.wire import FakeSession

CHANNELS = (1, 2, 3)
STEPS = 60
SEEDS = range(24, 48)
"""Five of them failed when looks still met connections that were being let in; of others, one in ten."""
FEW = DurableSettings(recent_frames=3, burst=300)


class House:
    """One instance of the chat, without its web server."""

    def __init__(self, number, store, bus):
        backplane = MemoryBackplane(bus)
        options = EngineOptions(ping_interval=1e6, ping_timeout=1e6)
        self.server = Server(instance=str(number), backplane=backplane, options=options)
        self.server.now = asyncio.get_running_loop().time
        namespace = self.server.namespace("/")
        self.durable = DurableRooms(namespace, ChannelLog(store, Entry, EntriesGone), settings=FEW)
        self.chat = Chat(
            store=store,
            announcer=LiveAnnouncer(namespace, self.durable, backplane),
            passwords=quick_passwords(),
            settings=ChatSettings(secret="s" * 32, instance=str(number), rate_limit=0),
        )
        self.gateway = Gateway(self.chat, namespace, self.durable, backplane)

    async def start(self):
        await self.server.start()
        self.gateway.start()

    async def close(self):
        await self.gateway.close()
        await self.durable.close()
        await self.server.close()
        self.chat.close()


class Person:
    """A client that believes what it is told, and notices what it is not to be told."""

    def __init__(self, signed_in, fail):
        self.account, self.token = signed_in.session.account, signed_in.access_token
        self.seen = {}
        """Channel → the seq seen last, of the channels that it hears, as far as it knows."""

        self.session, self.house = None, None
        self.moving = False
        self._fail = fail
        self._begun, self._offered, self._asked = {}, {}, {}

    def connect(self, house, cursors):
        self.session, self.house = FakeSession(house.server), house
        self.seen, self._begun, self._offered, self._asked = {}, {}, dict(cursors), {}
        self.welcomed = False
        auth = {"token": self.token, "cursors": {str(channel): seq for channel, seq in cursors.items()}}
        self.session.say("40" + json.dumps(auth))

    def lose_connection(self):
        self.hear()
        self.session.connection.lost("transport close")
        self.session.heard()
        self.session = None

    def follow(self, channel, after):
        number = len(self._asked)
        self._asked[number] = channel, after
        self.session.say(f"42{number}" + json.dumps(["channel.follow", {"channel": channel, "after": after}]))

    def hear(self):
        for message in self.session.heard() if self.session is not None else ():
            if message.startswith("42"):
                event, *arguments = json.loads(message[2:])
                self._take(event, *arguments)
            elif message.startswith("43"):
                at = message.index("[")
                self._take_answer(int(message[2:at]), json.loads(message[at:])[0])
            elif not message.startswith("40"):
                self._fail(f"{self.account.handle} was told {message}")

    def _take(self, event, told):
        if event == "entry":
            self._take_entry(told["channel"], told["seq"])
        elif event == "channel.joined":
            self._begin(told["channel"]["id"], told["channel"]["last_seq"])
        elif event == "channel.left":
            for known in (self.seen, self._begun, self._offered):
                known.pop(told["channel"], None)
        elif event == "caught_up":
            self.welcomed = True
            for name, seq in told.items():
                if int(name) not in self.seen:
                    self._begin(int(name), self._offered.get(int(name), seq))

    def _take_entry(self, channel, seq):
        if channel not in self.seen and not self.welcomed:  # one of those it is in, from where it said
            self._begin(channel, self._offered.get(channel, seq - 1))
        if self.seen.get(channel, -1) + 1 != seq:
            self._fail(f"{self.account.handle} saw {self.seen} and got {seq} in channel {channel}")
        self.seen[channel] = seq

    def _take_answer(self, number, answer):
        channel, after = self._asked[number]
        if answer["ok"] and min(after, answer["seq"]) < self._begun.get(channel, answer["seq"] + 1):
            self._begin(channel, min(after, answer["seq"]))  # all of that comes, again

    def _begin(self, channel, after):
        self.seen[channel] = self._begun[channel] = after


class Scene:
    """Two houses, three people, and what a seed has happen."""

    def __init__(self, seed, folder):
        self.seed = seed
        self.chance = random.Random(seed)
        self.happened = []
        self._folder = folder
        self._tasks = []
        self._sent = {}

    def fail(self, what):
        story = "\n".join(self.happened)
        pytest.fail(f"seed {self.seed}: {what}\n{story}", pytrace=False)

    async def pause(self, most=10):
        for _ in range(self.chance.randrange(most) * self.chance.choice((0, 1, 1, 4))):
            await asyncio.sleep(0)
        if self.chance.random() < 0.1:  # for what waits a moment before it does something
            await asyncio.sleep(self.chance.choice((0.03, 0.3, 1.0)))

    async def play(self):
        store = open_store(DatabaseSettings(url=fresh_sqlite(self._folder)))
        await store.start()
        self.bus = bus = Bus()
        self.houses = [House(number, store, bus) for number in range(2)]
        for house in self.houses:
            await house.start()
        self.people = [await self._newcomer(handle) for handle in ("ada", "bob", "eve")]
        for name in ("plans", "tea"):
            await channels.create(self.houses[0].chat, by=self.people[0].account, name=name)
        acts = (self.come, self.come, self.send, self.send, self.send, self.join, self.leave, self.look, self.look,
                self.follow, self.move, self.go, self.cut)  # fmt: skip
        for _ in range(STEPS):
            self.chance.choice(acts)(self.chance.choice(self.people), self.chance.choice(CHANNELS))
            await self.pause()
            for person in self.people:
                person.hear()
        await asyncio.gather(*self._tasks)
        bus.come_up()
        for house in self.houses:
            house.gateway._recheck.set()
        await asyncio.sleep(10)
        await self._compare(store)
        for house in self.houses:
            await house.close()
        await store.close()

    async def _newcomer(self, handle):
        chat = self.houses[0].chat
        made = await chat.store.create_account(handle=handle, name=handle, password_hash="", at=0, role=Role.MEMBER)
        return Person(await sessions.open_session(chat, made.account), self.fail)

    async def _compare(self, store):
        for person in self.people:
            person.hear()
            followed = dict(await store.followed(person.account.id))
            if person.session is not None and person.seen != followed:
                self.fail(f"{person.account.handle} saw {person.seen}, and is in {followed}")
        for (sender, client_id), (channel, seq) in self._sent.items():
            [entry] = await store.read(channel, after=seq - 1, limit=1)
            if (entry.sender, entry.client_id) != (sender, client_id):
                self.fail(f"{seq} in channel {channel} was acknowledged and is {entry}")

    def _do(self, what, work):
        self.happened.append(what)

        async def work_on():
            try:
                await work
            except ChatError as error:
                self.happened.append(f"{what}: {error}")

        self._tasks.append(asyncio.create_task(work_on()))

    # What happens

    def come(self, person, _channel):
        if person.session is None:
            house = self.chance.randrange(2)
            cursors = {channel: seq for channel, seq in person.seen.items() if self.chance.random() < 0.9}
            self.happened.append(f"{person.account.handle} comes to {house} from {cursors}")
            person.connect(self.houses[house], cursors)

    def go(self, person, _channel):
        if person.session is not None and not person.moving:
            self.happened.append(f"{person.account.handle} goes")
            person.lose_connection()

    def send(self, person, channel):
        client_id = uuid.UUID(int=self.chance.getrandbits(128), version=4)
        for house in self.chance.choices(self.houses, k=self.chance.choice((1, 1, 2))):
            what = f"{person.account.handle} says something in {channel} at {house.server.instance}"
            self._do(what, self._send(house.chat, person.account, channel, client_id))

    async def _send(self, chat, account, channel, client_id):
        sent = await messages.send(chat, by=account, channel=channel, client_id=client_id, text="Hello")
        first = self._sent.setdefault((account.id, client_id), (channel, sent.entry.seq))
        if first != (channel, sent.entry.seq):
            self.fail(f"acknowledged as {first} and as {channel, sent.entry.seq}")

    def join(self, person, channel):
        chat = self.chance.choice(self.houses).chat
        self._do(f"{person.account.handle} joins {channel}", channels.join(chat, by=person.account, channel=channel))

    def leave(self, person, channel):
        chat = self.chance.choice(self.houses).chat
        self._do(f"{person.account.handle} leaves {channel}", channels.leave(chat, by=person.account, channel=channel))

    def look(self, _person, _channel):
        house = self.chance.choice(self.houses)
        self.happened.append(f"{house.server.instance} looks everybody up")
        house.gateway._recheck.set()

    def cut(self, _person, _channel):
        """What the houses tell each other is lost for a while."""
        self.happened.append("the houses hear each other no more" if self.bus.up else "the houses hear each other")
        (self.bus.go_down if self.bus.up else self.bus.come_up)()

    def follow(self, person, channel):
        if person.session is not None and person.welcomed and not person.moving:
            after = max(0, person.seen.get(channel, 0) - self.chance.randrange(6))
            self.happened.append(f"{person.account.handle} follows {channel} from {after}")
            person.follow(channel, after)

    def move(self, person, _channel):
        session = person.session
        if session is None or person.moving or not session.connection.clients:
            return
        if all(client.may_leave for client in session.connection.clients):
            old, late = session.connection, []
            old.hold()
            person.house.server.flush()
            state = encode(pack(old, WireState(), now=person.house.server.now()))
            old.depart(late.append)
            person.moving = True
            there = self.houses[1 - self.houses.index(person.house)]
            what = f"{person.account.handle} moves to {there.server.instance}"
            self._do(what, self._arrive(person, there, state, old, late))

    async def _arrive(self, person, there, state, old, late):
        """What two workers do (handover/departure.py), without a socket."""
        await self.pause()
        session = decode(state)
        new = there.server.hand_over.arriving(session, lambda _note: None)
        await self.pause()
        new.arrive(person.session.wire, session.unsent)

        def forward(frames):
            there.server.hand_over.noted(notes.encode(notes.Written(old.sid, frames)))

        forward(b"".join(late))
        old.forward(forward)
        person.session.connection, person.house, person.moving = new, there, False


@pytest.mark.parametrize("seed", SEEDS)
def test_row_18_every_connection_gets_every_entry_once_whatever_meets_whatever(seed, tmp_path, monkeypatch):
    scene = Scene(seed, tmp_path)

    async def run(lane, work):
        """In this thread, a while after it was asked; and a while later the answer is there."""
        await scene.pause()
        try:
            return lane._do(sqlite._Job(work))
        finally:
            await scene.pause()

    async def close(lane):
        lane._connections.close()

    monkeypatch.setattr(sqlite._Lane, "run", run)
    monkeypatch.setattr(sqlite._Lane, "close", close)
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(scene.play())

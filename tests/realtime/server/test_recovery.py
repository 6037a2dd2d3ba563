"""Row 13: connection state recovery on durable rooms, against a model of the official client."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.realtime import ConnectRefused, DurableRooms, MemoryLog, Server, UsageError
from chorus.realtime.log.trail import MOST_ROOMS
from parts.recovering import RecoveringClient, settled
from waiting import eventually


class House:
    """Servers, one after another, on one log; each is a process of its own as far as they know."""

    def __init__(self, keep: int = 10_000) -> None:
        self.log = MemoryLog(keep)
        self.first = ["a", "b"]
        """Rooms that a new client is made to follow."""

        self.forbidden: set[str] = set()
        self.server: Server
        self.durable: DurableRooms
        self._said = 0

    async def start(self) -> Server:
        server = self.server = Server()
        chat = server.namespace("/")
        durable = self.durable = DurableRooms(chat, self.log, recovery=True)

        @chat.on_connect
        async def connect(client: Any, auth: dict[str, Any]) -> None:
            if auth.get("stranger"):
                raise ConnectRefused
            for room in client.recovering or self.first:
                if room not in self.forbidden:
                    await durable.follow(client, room)

        @chat.on("follow")
        async def follow(client: Any, room: str) -> bool:
            await durable.follow(client, room)
            return True

        @chat.on("unfollow")
        async def unfollow(client: Any, room: str) -> bool:
            durable.unfollow(client, room)
            return True

        await server.start()
        return server

    async def kill(self) -> None:
        await self.durable.close()
        await self.server.close()

    async def say(self, room: str) -> None:
        self._said += 1
        seq = (await self.log.positions([room]))[room] + 1
        entry = json.dumps([room, self._said, seq]).encode()
        await self.log.append(room, entry, id=str(self._said))
        self.durable.announce(room, seq, entry)

    def lose_end_of(self, room: str) -> None:
        """What a log may lose with its machine: the last entry, whose number the next one gets."""
        kept = self.log._rooms[room].kept if room in self.log._rooms else ()
        if len(kept) > 1:
            kept.pop()

    def history(self, room: str) -> list[Any]:
        """What the log holds."""
        kept = self.log._rooms[room].kept if room in self.log._rooms else ()
        return [json.loads(entry.data) for entry in kept]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    await house.start()
    yield house
    await house.kill()


@pytest.fixture
async def client(house) -> RecoveringClient:
    """One that has connected and seen an entry of each of its rooms."""
    client = RecoveringClient()
    await client.connect(house.server)
    await house.say("a")
    await house.say("b")
    client.receive()
    return client


async def come_back(client: RecoveringClient, house: House, **auth: object) -> None:
    """Its process was killed; it connects to the next one and gets all there is."""
    client.lose_connection()
    await house.kill()
    await house.start()
    await client.connect(house.server, **auth)
    client.receive()


async def test_it_goes_on_where_it_was_in_every_room_after_its_process_was_killed(house, client):
    await house.say("a")
    client.receive()
    for room in ("b", "a", "b"):
        await house.say(room)

    await come_back(client, house)

    assert client.recovered == [False, True]
    assert client.entries("a") == house.history("a")
    assert client.entries("b") == house.history("b")


async def test_it_recovers_again_and_again_and_goes_on_living(house, client):
    for _ in range(3):
        await house.say("a")
        await come_back(client, house)
        await house.say("b")
        client.receive()

    assert client.recovered == [False, True, True, True]
    assert client.entries("a") == house.history("a")
    assert client.entries("b") == house.history("b")


async def test_a_client_that_saw_no_entry_yet_recovers_from_where_it_began(house):
    await house.say("a")
    client = RecoveringClient()
    await client.connect(house.server)
    client.receive()
    await house.say("a")

    await come_back(client, house)

    assert client.offset is not None
    assert client.recovered == [False, True]
    assert client.entries() == [["a", 2, 2]]


async def test_with_something_cut_off_that_it_missed_it_is_as_new(house):
    house.log = MemoryLog(keep=3)
    await house.kill()
    await house.start()
    client = RecoveringClient()
    await client.connect(house.server)
    await house.say("a")
    client.receive()
    for _ in range(4):
        await house.say("a")

    await come_back(client, house)

    assert client.recovered == [False, False]


async def test_numbers_given_twice_are_noticed(house, client):
    """The log lost its end, as Redis may with the machine, and gave the numbers to others."""
    await house.say("a")
    client.receive()
    house.lose_end_of("a")
    await house.say("a")
    await house.say("a")

    await come_back(client, house)

    assert client.recovered == [False, False]


async def test_a_log_that_ends_before_its_cursor_makes_it_new(house, client):
    house.log._rooms["a"].kept.clear()
    del house.log._rooms["a"]

    await come_back(client, house)

    assert client.recovered == [False, False]


async def test_who_may_not_follow_a_room_any_more_is_as_new(house, client):
    house.forbidden = {"b"}

    await come_back(client, house)
    await house.say("b")
    await house.say("a")
    client.receive()

    assert client.recovered == [False, False]
    assert client.entries() == [["a", 4, 2]]


async def test_who_is_taken_out_of_a_room_while_the_log_is_asked_is_as_new(house, client):
    """It follows less than before, whenever that was decided."""
    read, asked, go_on = house.log.read, asyncio.Event(), asyncio.Event()

    async def slowly(*arguments):
        asked.set()
        await go_on.wait()
        return await read(*arguments)

    house.log.read = slowly
    client.lose_connection()
    await house.kill()
    await house.start()
    await client.connect(house.server)
    await asked.wait()
    [coming] = house.server.namespace("/").hub._by_sid.values()
    house.durable.unfollow(coming, "b")
    go_on.set()
    await settled()
    client.receive()

    assert client.recovered == [False, False]


async def test_a_room_left_before_connect_is_none_that_was_followed(house):
    server, recovering = Server(), []
    chat = server.namespace("/")
    durable = DurableRooms(chat, house.log, recovery=True)

    @chat.on_connect
    async def connect(client: Any, auth: dict[str, Any]) -> None:
        recovering.append(sorted(client.recovering))
        for room in client.recovering or ("a", "b"):
            await durable.follow(client, room)
        durable.unfollow(client, "b")

    client = RecoveringClient()
    await client.connect(server)
    client.receive()
    client.lose_connection()
    await client.connect(server)
    client.receive()
    await durable.close()

    assert recovering == [[], ["a"]]
    assert client.recovered == [False, True]


async def test_who_may_not_come_any_more_does_not_come(house, client):
    await come_back(client, house, stranger=True)

    assert client.recovered == [False]
    assert not list(house.server.namespace("/").clients())


async def test_rooms_followed_and_left_later_are_recovered_as_they_are(house, client):
    await house.say("c")
    client.ask("follow", "c")
    client.ask("unfollow", "b")
    await settled()
    client.receive()
    for room in ("c", "b"):
        await house.say(room)

    await come_back(client, house)

    assert client.recovered == [False, True]
    assert client.entries("b") == [["b", 2, 1]]
    assert client.entries("c") == [["c", 4, 2]]


async def test_a_text_in_another_event_is_not_taken_for_an_offset(house, client):
    """Nor is one that somebody wrote to look like it."""
    forged = client.offset.replace(".1-", ".0-")
    house.server.namespace("/").emit("said", forged)
    next(iter(house.server.namespace("/").clients())).emit("said", forged)
    house.server.namespace("/").emit(forged)
    await settled()
    client.receive()

    assert [arguments for arguments in client.events if arguments[0] != "entry"] == [
        ["said", forged, None],
        ["said", forged, None],
        [forged, None],
    ]
    await come_back(client, house)
    assert client.recovered == [False, True]
    assert client.entries() == [["a", 1, 1], ["b", 2, 1]]


@pytest.mark.parametrize("offset", ["", "nonsense", "a.b", "x" * 100_000, 7, None, [], "é.1-a"])
@pytest.mark.parametrize("pid", ["", "nonsense", "k6FhkA", "x" * 100_000, 7, None, {}])
async def test_whatever_a_client_brings_it_is_let_in_as_new(house, pid, offset):
    client = RecoveringClient()
    await client.connect(house.server, pid=pid, offset=offset)
    client.receive()

    assert client.recovered == [False]


async def test_what_it_brings_is_not_shown_to_handlers(house):
    seen: list[object] = []
    server = Server()
    chat = server.namespace("/")
    DurableRooms(chat, MemoryLog(), recovery=True)
    chat.on_connect(lambda client, auth: seen.append((auth, client.recovered, dict(client.recovering))))
    client = RecoveringClient()
    client.pid, client.offset = "p", "o"

    await client.connect(server, token="t")

    assert seen == [({"token": "t"}, False, {})]


async def test_more_rooms_than_a_trail_holds_cannot_be_recovered(house):
    house.first = [f"room {number}" for number in range(MOST_ROOMS + 1)]
    client = RecoveringClient()
    await client.connect(house.server)
    await eventually(lambda: client.receive() or client.recovered)
    await house.say("room 3")

    await come_back(client, house)
    await eventually(lambda: client.receive() or len(client.recovered) == 2)

    assert client.recovered == [False, False]


async def test_one_set_of_durable_rooms_recovers_in_a_namespace(house):
    with pytest.raises(UsageError, match="has durable rooms already"):
        DurableRooms(house.server.namespace("/"), house.log, recovery=True)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from("abcd")),
        st.tuples(st.just("follow"), st.sampled_from("cd")),
        st.tuples(st.just("receive"), st.integers(0, 4)),
        st.tuples(st.just("lose"), st.sampled_from(["", "", "", "a", "b", "c"])),
    ),
    max_size=40,
)


class Witness:
    """Remembers what a client knows it follows, and from where: a and b since a CONNECT that was new, others since the
    answer that said so."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client = RecoveringClient()
        self._begun: dict[str, int] = {}
        self._asked: dict[int, tuple[str, int]] = {}
        self._at_connect: dict[str, int] = {}

    async def connect(self) -> None:
        self._at_connect = {room: self._position(room) for room in "ab"}
        await self.client.connect(self.house.server)

    async def follow(self, room: str) -> None:
        self._asked[self.client.ask("follow", room)] = room, self._position(room)
        await settled()

    def receive(self, most: int | None = None) -> None:
        before = len(self.client.recovered)
        self.client.receive(most)
        if len(self.client.recovered) > before and not self.client.recovered[-1]:
            self._begun = dict(self._at_connect)
        for number in self.client.answers.keys() & self._asked.keys():
            room, position = self._asked.pop(number)
            self._begun.setdefault(room, position)

    async def lose_connection(self, end_of: str) -> None:
        self.client.lose_connection()
        self._asked.clear()
        await self.house.kill()
        self.house.lose_end_of(end_of)
        await self.house.start()
        await self.connect()

    def check(self) -> None:
        for room, begin in self._begun.items():
            seen = [entry for entry in self.client.entries(room) if entry[2] > begin]
            assert [seq for _, _, seq in seen] == list(range(begin + 1, self._position(room) + 1))
            kept = self.house.history(room)[-len(seen) :] if seen else []
            assert seen[-len(kept) :] == kept if kept else True

    def _position(self, room: str) -> int:
        history = self.house.history(room)
        return history[-1][2] if history else 0


@given(STEPS)
@settings(max_examples=200)
async def test_recovered_is_never_true_with_a_hole_or_a_double(steps):
    """Wherever a connection is cut, and also when a log lost its end with its machine and gave the numbers again."""
    house = House(keep=6)
    witness = Witness(house)
    await house.start()
    await witness.connect()

    for what, argument in steps:
        match what:
            case "say":
                await house.say(argument)
            case "receive":
                witness.receive(argument)
            case "follow" if witness.client.recovered:
                await witness.follow(argument)
            case "lose":
                await witness.lose_connection(argument)
    witness.receive()

    witness.check()
    await house.kill()

"""Row 13: connection state recovery on durable rooms, against a model of the official client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chorus.realtime import DurableRooms, EngineOptions, MemoryLog, OutboxLimits, Server, UsageError
from chorus.realtime.log.trail import MOST_ROOMS
from parts.recovering import House, RecoveringClient, settled
from waiting import eventually


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


async def test_a_log_that_is_away_for_a_moment_is_waited_for(house, client):
    read, failed = house.log.read, []

    async def fail_once(*arguments):
        if not failed:
            failed.append(arguments)
            raise OSError("away")
        return await read(*arguments)

    house.log.read = fail_once
    await come_back(client, house)
    await eventually(lambda: client.receive() == 0 and len(client.recovered) == 2)

    assert client.recovered == [False, True]


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


async def test_who_is_sent_so_much_that_it_is_let_in_before_that_is_decided_is_as_new(house, client):
    """Its CONNECT says so; what it missed between may be anything."""
    server = Server(options=EngineOptions(outbox=OutboxLimits(high_mark=1_000, bound=100_000)))
    chat = server.namespace("/")
    durable = DurableRooms(chat, house.log, recovery=True)

    @chat.on_connect
    async def connect(client: Any, auth: dict[str, Any]) -> None:
        rooms = list(client.recovering)
        client.emit("news", "x" * 1_000)
        await settled()
        for room in rooms:
            await durable.follow(client, room)

    client.lose_connection()
    await client.connect(server)
    client.receive()
    await durable.close()

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

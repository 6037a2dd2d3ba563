"""What every log of durable rooms does, run on each."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from chorus.realtime.backplane.settings import RedisSettings
from chorus.realtime.log.contract import EntriesGone, Entry, Log
from chorus.realtime.log.memory import MemoryLog
from chorus.realtime.log.redis import RedisLog

KEPT = 100
"""Entries a room."""


@pytest.fixture(params=["memory", "redis"])
async def log(request) -> AsyncIterator[Log]:
    if request.param == "memory":
        yield MemoryLog(keep=KEPT)
        return
    log = RedisLog(RedisSettings(url=request.getfixturevalue("valkey").url), keep=KEPT)
    yield log
    await log.close()


@pytest.fixture
def say(log) -> Callable[[str, int], Awaitable[None]]:
    """Append entries that hold the number of the append."""

    async def say(room: str, times: int) -> None:
        for number in range(1, times + 1):
            await log.append(room, b"%d" % number, id=f"{room} {number}")

    return say


async def test_entries_are_numbered_from_one_without_gaps_in_each_room(log):
    assert [await log.append("red", b"{}", id=str(n)) for n in range(3)] == [1, 2, 3]
    assert await log.append("blue", b"{}", id="0") == 1


async def test_the_same_id_is_the_same_entry(log):
    first = await log.append("red", b'"once"', id="a")
    await log.append("red", b'"other"', id="b")

    assert await log.append("red", b'"once"', id="a") == first
    assert await log.read("red", 0, 10) == [Entry(1, b'"once"'), Entry(2, b'"other"')]


async def test_the_same_id_in_another_room_is_another_entry(log):
    await log.append("red", b"{}", id="a")

    assert await log.append("blue", b"{}", id="a") == 1
    assert await log.positions(["red", "blue"]) == {"red": 1, "blue": 1}


async def test_reading_gives_what_follows_the_cursor_as_it_was_appended(log, say):
    await say("red", 5)

    assert await log.read("red", 2, 100) == [Entry(3, b"3"), Entry(4, b"4"), Entry(5, b"5")]


async def test_a_page_ends_at_its_limit(log, say):
    await say("red", 5)

    assert [entry.seq for entry in await log.read("red", 1, 2)] == [2, 3]


@pytest.mark.parametrize("after", [5, 6, 1_000_000])
async def test_at_the_end_and_beyond_there_is_nothing(log, say, after):
    await say("red", 5)

    assert await log.read("red", after, 10) == []


async def test_a_room_that_does_not_exist_is_empty(log):
    assert await log.read("nowhere", 0, 10) == []
    assert (await log.positions(["nowhere"])).get("nowhere", 0) == 0


async def test_positions_of_many_rooms_come_in_one_answer(log, say):
    await say("red", 3)
    await say("blue", 1)

    positions = await log.positions(["red", "blue", "nowhere"])

    assert {room: positions.get(room, 0) for room in ("red", "blue", "nowhere")} == {"red": 3, "blue": 1, "nowhere": 0}


async def test_positions_of_no_rooms_are_none(log):
    assert await log.positions([]) == {}


async def test_concurrent_appends_get_different_numbers_and_leave_no_gap(log):
    seqs = await asyncio.gather(*[log.append("red", b"{}", id=str(n)) for n in range(50)])

    assert sorted(seqs) == list(range(1, 51))
    assert [entry.seq for entry in await log.read("red", 0, 100)] == list(range(1, 51))


async def test_what_append_returned_is_read_at_once(log):
    seq = await log.append("red", b'"now"', id="a")

    assert await log.read("red", seq - 1, 1) == [Entry(seq, b'"now"')]
    assert await log.positions(["red"]) == {"red": seq}


async def test_the_oldest_entries_are_cut_off_and_whoever_asks_for_them_is_told(log, say):
    await say("red", KEPT + 5)

    with pytest.raises(EntriesGone, match="asked for what follows 4, the log begins at 6"):
        await log.read("red", 4, 10)
    assert [entry.seq for entry in await log.read("red", 5, 3)] == [6, 7, 8]
    assert await log.positions(["red"]) == {"red": KEPT + 5}


async def test_the_id_of_an_entry_that_was_cut_off_is_free_again(log, say):
    await say("red", KEPT + 1)

    assert await log.append("red", b"1", id="red 1") == KEPT + 2
    assert await log.append("red", b"3", id="red 3") == 3


async def test_names_and_entries_may_hold_anything(log):
    room = "a{b}c %7B é\n"
    entry = bytes(range(256))

    assert await log.append(room, entry, id="{} é") == 1
    assert await log.read(room, 0, 10) == [Entry(1, entry)]
    assert await log.positions([room, "a%7Bb%7Dc %257B é\n"]) == {room: 1, "a%7Bb%7Dc %257B é\n": 0}

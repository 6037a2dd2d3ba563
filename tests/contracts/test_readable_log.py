"""What every log of durable rooms does, run on each."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chorus.realtime.log.contract import Entry, Log
from chorus.realtime.log.memory import MemoryLog


@pytest.fixture(params=["memory"])
def log(request) -> Log:
    return MemoryLog()


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

"""One query for everything that was asked while the last one ran; the database is played here."""

import asyncio

import pytest

from chorus.chat.domain.errors import DatabaseUnavailable, Unavailable
from chorus.chat.storage.group_read import GroupRead
from waiting import PATIENCE


class Shelf:
    """Answers when it is let, and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.free = asyncio.Event()
        self.free.set()
        self.kept = {key: key.upper() for key in "abcdefgh"}
        self.error = None

    async def read(self, keys):
        self.asked.append(sorted(keys))
        now = dict(self.kept)
        await self.free.wait()
        if self.error is not None:
            raise self.error
        return {key: now[key] for key in keys if key in now}


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def reads(shelf):
    return GroupRead(shelf.read, batch=3, waiting=5)


async def asked(reads, *keys):
    """Have each asked, and give the loop a turn."""
    tasks = [asyncio.create_task(reads.ask(key)) for key in keys]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_a_question_alone_is_asked_at_once(shelf, reads):
    assert (await reads.ask("a"), await reads.ask("z")) == ("A", None)
    assert shelf.asked == [["a"], ["z"]]


async def test_what_is_asked_during_a_query_travels_together_in_the_next(shelf, reads):
    shelf.free.clear()
    tasks = await asked(reads, "a", "b", "c", "d")
    shelf.free.set()

    assert await asyncio.gather(*tasks) == ["A", "B", "C", "D"]
    assert shelf.asked == [["a", "b", "c"], ["d"]]


async def test_the_same_question_during_a_query_is_asked_once_and_anew(shelf, reads):
    shelf.free.clear()
    [first] = await asked(reads, "a")
    shelf.kept["a"] = "changed"
    later = await asked(reads, "a", "a")
    shelf.free.set()

    assert await first == "A"
    assert await asyncio.gather(*later) == ["changed", "changed"]
    assert shelf.asked == [["a"], ["a"]]


async def test_trouble_is_told_to_everybody_who_asked_and_the_next_may_succeed(shelf, reads):
    shelf.error = DatabaseUnavailable("away")

    told = await asyncio.gather(reads.ask("a"), reads.ask("b"), return_exceptions=True)
    shelf.error = None

    assert [type(error) for error in told] == [DatabaseUnavailable] * 2
    assert told[0] is not told[1]
    assert await reads.ask("a") == "A"


async def test_questions_beyond_the_bound_are_refused(shelf, reads):
    shelf.free.clear()
    tasks = await asked(reads, "a")
    tasks += await asked(reads, *"bcdef")

    with pytest.raises(Unavailable):
        await asyncio.wait_for(reads.ask("g"), PATIENCE)
    shelf.free.set()

    assert await asyncio.gather(*tasks) == list("ABCDEF")


async def test_who_goes_away_takes_nobody_else_s_answer(shelf, reads):
    shelf.free.clear()
    one, other = await asked(reads, "a", "a")
    one.cancel()
    shelf.free.set()

    assert await other == "A"


async def test_finishing_waits_for_the_answers(shelf, reads):
    tasks = await asked(reads, "a")

    await reads.finish()

    assert tasks[0].done() or await tasks[0] == "A"

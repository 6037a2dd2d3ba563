"""Questions whose answers take long, on a clock that jumps."""

import asyncio

import pytest

from chorus.realtime.backplane.contract import InstanceAway, NoAnswer
from chorus.realtime.backplane.memory import Bus, MemoryBackplane
from parts.jumping import jumping

LONG = 60.0


async def asked(answerer):
    """Two instances, the second of which is asked a question and has taken it."""
    bus, taken = Bus(), asyncio.Event()
    here, there = MemoryBackplane(bus), MemoryBackplane(bus)
    await here.start()
    await there.start()

    async def answer(question: bytes) -> bytes:
        taken.set()
        return await answerer(question)

    there.serve("1", "work", answer)
    asking = asyncio.create_task(here.ask("1", "work", b"how long?", timeout=LONG))
    await taken.wait()
    return bus, here, there, asking


async def never(question):
    await asyncio.Event().wait()
    return question


@jumping
async def test_an_answer_may_take_as_long_as_its_asker_waits():
    async def slowly(_question):
        await asyncio.sleep(LONG - 1)
        return b"so long"

    *_, asking = await asked(slowly)

    assert await asking == b"so long"


@jumping
async def test_who_took_a_question_and_died_over_it_is_not_waited_for():
    *_, there, asking = await asked(never)
    loop, died = asyncio.get_running_loop(), asyncio.get_running_loop().time()

    await there.close()

    with pytest.raises(InstanceAway, match="'1' took the question and is gone"):
        await asking
    assert loop.time() - died <= 9.0


@jumping
async def test_who_follows_on_one_that_died_says_that_it_knows_nothing_of_the_question():
    bus, _, there, asking = await asked(never)

    await there.close()
    following = MemoryBackplane(bus)
    following.serve("1", "work", never)
    await following.start()

    with pytest.raises(NoAnswer, match="failed to answer"):
        await asking


@jumping
async def test_while_nothing_arrives_nobody_is_taken_for_dead():
    bus, *_, asking = await asked(never)

    bus.up = False
    await asyncio.sleep(LONG / 2)
    bus.up = True
    await asyncio.sleep(LONG / 4)

    assert not asking.done()
    asking.cancel()


@jumping
async def test_a_reminder_that_is_lost_ends_nothing(monkeypatch):
    _, here, _, asking = await asked(never)
    publish, lost = here.publish, []

    def lose_one(channel, message, **besides):
        if message[1:3] == b"\xa1r" and not lost:
            lost.append(message)
        else:
            publish(channel, message, **besides)

    monkeypatch.setattr(here, "publish", lose_one)
    await asyncio.sleep(LONG / 2)

    assert lost
    assert not asking.done()
    asking.cancel()

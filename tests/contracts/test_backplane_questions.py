"""What is asked of a named instance, promised by every backplane (realtime/backplane/contract.py)."""

import asyncio

import pytest

from chorus.realtime.backplane.contract import Backplane, InstanceAway, NoAnswer
from waiting import eventually


async def test_a_named_instance_is_asked_and_answers(pair):
    here, there = pair

    async def answer(question: bytes) -> bytes:
        return question.upper()

    there.serve("1", "shout", answer)
    await served(here, "1", "shout")

    answers = await asyncio.gather(*(here.ask("1", "shout", b"q%d" % number, timeout=5.0) for number in range(20)))

    assert answers == [b"Q%d" % number for number in range(20)]


async def test_an_instance_can_ask_itself(pair):
    here, _ = pair

    async def answer(question: bytes) -> bytes:
        return question + b"!"

    here.serve("0", "echo", answer)

    assert await here.ask("0", "echo", b"hi", timeout=5.0) == b"hi!"


async def test_nobody_of_that_name_is_known_soon(pair):
    """However long the answer may take."""
    here, _ = pair

    async with asyncio.timeout(4.0):
        with pytest.raises(InstanceAway, match="'nobody'"):
            await here.ask("nobody", "echo", b"hi", timeout=60.0)


async def test_an_answer_that_takes_too_long_or_fails_is_an_error_and_the_work_is_cancelled(pair):
    here, there = pair
    cancelled = []

    async def answer(question: bytes) -> bytes:
        if question == b"fail":
            raise RuntimeError("broken answerer")
        if question == b"probe":
            return b""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(question)
            raise
        return b""

    there.serve("1", "work", answer)
    await served(here, "1", "work")

    with pytest.raises(NoAnswer, match="failed"):
        await here.ask("1", "work", b"fail", timeout=5.0)
    with pytest.raises(NoAnswer, match=r"0\.5 s"):
        await here.ask("1", "work", b"slow", timeout=0.5)
    waiting = asyncio.create_task(here.ask("1", "work", b"left", timeout=5.0))
    await asyncio.sleep(0)
    waiting.cancel()

    await eventually(lambda: set(cancelled) >= {b"slow"})
    assert waiting.cancelling()


async def test_a_topic_that_is_no_longer_served_is_answered_by_nobody(pair):
    here, _ = pair

    async def answer(question: bytes) -> bytes:
        return question

    here.serve("0", "echo", answer)
    here.unserve("0", "echo")

    with pytest.raises(NoAnswer):
        await here.ask("0", "echo", b"hi", timeout=0.1)


async def served(here: Backplane, instance: str, topic: str) -> None:
    """Wait until questions get there: subscriptions take a moment."""

    async def answered() -> bool:
        try:
            await here.ask(instance, topic, b"probe", timeout=0.1)
        except NoAnswer:
            return False
        return True

    await eventually(answered, what=f"an answer of {instance}")

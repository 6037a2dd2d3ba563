"""Question and answer over publish and subscribe: what every backplane's `ask` and `serve` are made of.

A question goes to the channel of the instance that is asked, its answer to the channel of the asker. Whoever is asked
says at once that it took the question: so an instance that is gone is known after `_TAKEN_WITHIN`, however long the
answer itself may take. One that took it and died later is known as well: it is asked every `_REMINDED_AFTER` seconds
whether it is still at work. An asker that no longer waits says so, and the work on its answer is cancelled.
"""

import asyncio
import itertools
import logging
from typing import Protocol

import msgspec

from chorus.realtime.backplane.contract import Answerer, InstanceAway, NoAnswer, Receiver

_log = logging.getLogger(__name__)

_TAKEN_WITHIN = 2.0
"""Seconds in which an instance that is there says that it took a question."""

_REMINDED_AFTER = 5.0
"""Seconds after which whoever took a question is asked whether it is still at work on the answer."""

_UNHEARD = 2
"""So many reminders in a row without a word: a single one may have been lost on the way."""

_MOST = 10_000
"""Questions under way at a time: those we asked, and those we are asked."""


class Bus(Protocol):
    """What carries both."""

    @property
    def healthy(self) -> bool:
        """Whether what is published arrives."""
        ...

    def publish(self, channel: str, message: bytes) -> None:
        """Tell every subscriber."""
        ...

    def subscribe(self, channel: str, receiver: Receiver) -> None:
        """Listen."""
        ...

    def unsubscribe(self, channel: str, receiver: Receiver) -> None:
        """End that."""
        ...


class _Question(msgspec.Struct, frozen=True, array_like=True, tag="?"):
    asker: str
    number: int
    body: bytes


class _Withdrawal(msgspec.Struct, frozen=True, array_like=True, tag="x"):
    asker: str
    number: int


class _Reminder(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    asker: str
    number: int


class _Taken(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    number: int


class _Answer(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    number: int
    body: bytes


class _Failure(msgspec.Struct, frozen=True, array_like=True, tag="f"):
    number: int


_asked = msgspec.msgpack.Decoder(_Question | _Withdrawal | _Reminder)
_answered = msgspec.msgpack.Decoder(_Taken | _Answer | _Failure)
_encode = msgspec.msgpack.Encoder().encode


class _Open:
    """A question of ours without an answer yet."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.taken: asyncio.Future[None] = loop.create_future()
        self.answer: asyncio.Future[bytes | None] = loop.create_future()
        """None: whoever is asked failed."""

    def hear(self, answer: bytes | None) -> None:
        self.take()
        if not self.answer.done():
            self.answer.set_result(answer)

    def take(self) -> None:
        if not self.taken.done():
            self.taken.set_result(None)


class Requests:
    """Questions of one instance to others, and of others to it."""

    def __init__(self, bus: Bus, identity: str) -> None:
        """Args: identity: tells this end of the bus from all others."""
        self._bus = bus
        self._identity = identity
        self._numbers = itertools.count()
        self._open: dict[int, _Open] = {}
        self._answerers: dict[str, tuple[Answerer, Receiver]] = {}
        self._working: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._listening = False

    def listen(self) -> None:
        """Hear answers from now on; the first question does it otherwise, where no time passes until that stands."""
        if not self._listening:
            self._listening = True
            self._bus.subscribe(_answers_to(self._identity), self._hear_answer)

    async def ask(self, instance: str, topic: str, question: bytes, *, timeout: float) -> bytes:
        """Ask a named instance; its answer."""
        if len(self._open) >= _MOST:
            raise NoAnswer(f"{len(self._open)} questions are under way already")
        self.listen()
        number = next(self._numbers)
        waiting = self._open[number] = _Open()
        channel = _questions_to(instance, topic)
        self._bus.publish(channel, _encode(_Question(self._identity, number, question)))
        try:
            async with asyncio.timeout(timeout):
                await asyncio.wait((waiting.taken,), timeout=_TAKEN_WITHIN)
                if not waiting.taken.done():
                    raise InstanceAway(f"instance {instance!r} did not take the question within {_TAKEN_WITHIN:g} s")
                await self._remind(instance, channel, number, waiting)
                answer = waiting.answer.result()
        except TimeoutError:
            raise NoAnswer(f"instance {instance!r} did not answer within {timeout:g} s") from None
        finally:
            del self._open[number]
            if not waiting.answer.done() or waiting.answer.cancelled():
                self._bus.publish(channel, _encode(_Withdrawal(self._identity, number)))
        if answer is None:
            raise NoAnswer(f"instance {instance!r} failed to answer")
        return answer

    async def _remind(self, instance: str, channel: str, number: int, waiting: _Open) -> None:
        """Wait for the answer, as long as somebody is at work on it; raises InstanceAway."""
        unheard = 0
        while not waiting.answer.done():
            if not unheard:
                await asyncio.wait((waiting.answer,), timeout=_REMINDED_AFTER)
                if waiting.answer.done():
                    return
            waiting.taken = asyncio.get_running_loop().create_future()
            self._bus.publish(channel, _encode(_Reminder(self._identity, number)))
            await asyncio.wait((waiting.taken,), timeout=_TAKEN_WITHIN)
            if waiting.taken.done() or not self._bus.healthy:
                unheard = 0
                continue
            unheard += 1
            if unheard == _UNHEARD:
                raise InstanceAway(f"instance {instance!r} took the question and is gone")

    def serve(self, instance: str, topic: str, answerer: Answerer) -> None:
        """Have `answerer` called with what is asked of `instance` under `topic`."""
        channel = _questions_to(instance, topic)
        if channel in self._answerers:
            raise ValueError(f"{topic!r} of instance {instance!r} is served already")

        def receiver(message: bytes) -> None:
            self._hear_question(answerer, message)

        self._answerers[channel] = answerer, receiver
        self._bus.subscribe(channel, receiver)

    def unserve(self, instance: str, topic: str) -> None:
        """End that. What is being answered is still answered."""
        channel = _questions_to(instance, topic)
        served = self._answerers.pop(channel, None)
        if served is not None:
            self._bus.unsubscribe(channel, served[1])

    def close(self) -> None:
        """Give up what is being answered, and what we wait for."""
        for task in list(self._working.values()):
            task.cancel()
        for waiting in list(self._open.values()):
            waiting.hear(None)

    def _hear_question(self, answerer: Answerer, message: bytes) -> None:
        asked: _Question | _Withdrawal | _Reminder = _asked.decode(message)
        key = asked.asker, asked.number
        task = self._working.get(key)
        if isinstance(asked, _Withdrawal):
            if task is not None:
                task.cancel()
        elif isinstance(asked, _Reminder):  # who is not at work on it has lost it, or the answer was lost on its way
            self._reply(asked.asker, _Failure(asked.number) if task is None else _Taken(asked.number))
        elif len(self._working) >= _MOST:
            self._reply(asked.asker, _Failure(asked.number))
        else:
            self._reply(asked.asker, _Taken(asked.number))
            task = self._working[key] = asyncio.get_running_loop().create_task(self._work(answerer, asked))
            task.add_done_callback(lambda _: self._working.pop(key, None))

    async def _work(self, answerer: Answerer, asked: _Question) -> None:
        try:
            answer = _Answer(asked.number, await answerer(asked.body))
        except Exception:  # noqa: BLE001 - the asker is told that there is no answer; why is logged here
            _log.exception("a question of another instance could not be answered")
            answer = _Failure(asked.number)
        self._reply(asked.asker, answer)

    def _reply(self, asker: str, reply: _Taken | _Answer | _Failure) -> None:
        self._bus.publish(_answers_to(asker), _encode(reply))

    def _hear_answer(self, message: bytes) -> None:
        reply: _Taken | _Answer | _Failure = _answered.decode(message)
        waiting = self._open.get(reply.number)
        if waiting is None:
            return  # nobody waits for it any more
        match reply:
            case _Taken():
                waiting.take()
            case _Answer():
                waiting.hear(reply.body)
            case _Failure():
                waiting.hear(None)


def _questions_to(instance: str, topic: str) -> str:
    return f"ask:{instance}:{topic}"


def _answers_to(identity: str) -> str:
    return f"instance/{identity}/answers"

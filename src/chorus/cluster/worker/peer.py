"""Another worker, as one that gives it connections sees it: what is offered, sent, and answered."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from chorus.cluster.handover.contract import Departure
from chorus.cluster.handover.messages import Between, Declined, Message, Note, Offer, Refused, Session, Taken, Welcome
from chorus.cluster.worker.channel import Channel

_logger = logging.getLogger("chorus.worker")

ANSWER_WITHIN = 10.0
"""Seconds the other side may take to say that it took one."""


class NotWelcome(Exception):
    """The other side takes nothing; the text says why."""


class Peer:
    """A worker that we give connections to; kept for the notes about them."""

    def __init__(self, noted: Callable[[bytes], None]) -> None:
        self.channel: Channel
        self._noted = noted
        self._offered: asyncio.Future[int] | None = None
        self._waiting: dict[int, asyncio.Future[str | None]] = {}
        self._number = 0

    @classmethod
    async def connect(cls, path: str, noted: Callable[[bytes], None]) -> "Peer":
        """Raises OSError."""
        peer = cls(noted)
        peer.channel = await Channel.connect(path, peer._heard, peer._lost)
        return peer

    async def offer(self, offer: Offer) -> int:
        """How many connections it has; raises NotWelcome."""
        self._offered = asyncio.get_running_loop().create_future()
        self.channel.send(offer)
        return await self._offered

    async def hand_over(self, departure: Departure) -> bool:
        """Whether it took this one."""

        def message(number: int) -> Message:
            return Session(number, departure.state)

        try:
            refusal = await self._send(message, departure.fileno()) if self.channel.open else "it is gone"
        except OSError as error:
            refusal = str(error) or "it does not answer"
        except BaseException:  # cancelled, as this worker ends: the connection is frozen, and only we know of it
            departure.refused("this worker ends")
            raise
        if refusal is not None:
            departure.refused(refusal)
            return False
        departure.taken(lambda note: self.channel.send(Note(note)))
        return True

    async def pass_on(self, descriptor: int) -> str | None:
        """Give it a connection of HTTP between two requests; why it does not have it, or None.

        Raises:
            OSError: there is no answer, so it may have it.
        """
        return await self._send(Between, descriptor) if self.channel.open else "it is gone"

    async def _send(self, message: Callable[[int], Message], descriptor: int) -> str | None:
        """Send a connection; why it was refused, or None. Raises OSError when there is no answer."""
        number, self._number = self._number, self._number + 1
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self.channel.send(message(number), descriptor)
            async with asyncio.timeout(ANSWER_WITHIN):
                return await answer
        finally:
            del self._waiting[number]

    def _heard(self, message: Message, _descriptor: int | None) -> None:
        match message:
            case Welcome(connections):
                self._settle(self._offered, connections)
            case Declined(reason):
                if self._offered is not None and not self._offered.done():
                    self._offered.set_exception(NotWelcome(reason))
            case Taken(number):
                self._settle(self._waiting.get(number), None)
            case Refused(number, reason):
                self._settle(self._waiting.get(number), reason)
            case Note(data):
                self._noted(data)
            case _:
                _logger.warning("found %s from a worker, expected an answer", type(message).__name__)

    def _lost(self) -> None:
        if self._offered is not None and not self._offered.done():
            self._offered.set_exception(NotWelcome("it is gone"))
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionError("it is gone"))

    @staticmethod
    def _settle(answer: "asyncio.Future[Any] | None", value: object) -> None:
        if answer is not None and not answer.done():
            answer.set_result(value)

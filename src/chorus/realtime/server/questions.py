"""What one client is asked, and who waits for its answers.

questions = Questions(limit=1000)
number, answer = questions.ask()         # goes out as the event's ack id
questions.answered(number, ["yes"])      # the client's ACK came: `await answer` gives ["yes"]
questions.end("transport close")         # it is gone: whoever still waits gets ClientGone
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Self

from chorus.realtime.errors import ClientGone
from chorus.realtime.socketio.calls import Calls


class Questions(Calls[asyncio.Future[list[Any]]]):
    """Of one client."""

    __slots__ = ()

    @classmethod
    def of_another_process(
        cls, numbers: Iterable[int], following: int, answered: Callable[[int, list[Any] | None], None], *, limit: int
    ) -> Self:
        """Go on where another process was: `answered` is told what these get there, or None when none will come."""

        def forward(number: int, answer: asyncio.Future[list[Any]]) -> None:
            answered(number, None if answer.cancelled() or answer.exception() is not None else answer.result())

        questions = cls(limit=limit)
        waiters: dict[int, asyncio.Future[list[Any]]] = {}
        for number in numbers:
            waiters[number] = asyncio.get_running_loop().create_future()
            waiters[number].add_done_callback(partial(forward, number))
        questions.reopen(waiters, next_number=following)
        return questions

    def ask(self) -> tuple[int, asyncio.Future[list[Any]]]:
        """The number of a question, and its answer to be.

        Raises:
            TooManyCalls: as many as allowed are open.
        """
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        return self.open(answer), answer

    def answered(self, number: int, values: list[Any] | None) -> None:
        """The answer came, or, None, will not come. A client may answer twice or make numbers up: nobody hears that."""
        answer = self.close(number)
        if answer is None or answer.done():
            return
        if values is None:
            answer.set_exception(ClientGone("the client disconnected"))
        else:
            answer.set_result(values)

    def end(self, reason: str) -> None:
        """The client is gone."""
        for answer in self.close_all():
            if not answer.done():
                answer.set_exception(ClientGone(reason))

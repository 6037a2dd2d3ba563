"""One query for everything that was asked while the last one ran.

Most questions about sessions and memberships come one at a time and wait for nothing. After a restart thousands come at
once: then each query answers hundreds of them on one connection, and nobody waits for a connection of the pool until it
is too late.

    sessions = GroupRead(read_sessions, batch=500, waiting=20_000)      # read_sessions: many keys in, a mapping out
    session = await sessions.ask("k3f…")                                # None: the answer has no such key

A question is answered by a query that began after it was asked, so what was committed before is seen.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from chorus.chat.domain.errors import ChatError, Unavailable

K = TypeVar("K", int, str)
V = TypeVar("V")

Read = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]


class GroupRead(Generic[K, V]):
    """Collects questions and asks them together."""

    def __init__(self, read: Read[K, V], *, batch: int, waiting: int) -> None:
        """Args: read: answers many keys with one query. batch: most keys in it. waiting: most keys that wait."""
        self._read = read
        self._batch = batch
        self._most = waiting
        self._waiting: dict[K, asyncio.Future[V | Exception | None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> V | None:
        """What the next query says of this key.

        Raises:
            Unavailable: too many wait, or the query failed; ask again.
        """
        future = self._waiting.get(key)
        if future is None:
            future = self._enqueue(key)
        answer = await asyncio.shield(future)
        if isinstance(answer, ChatError):
            raise type(answer)(str(answer)) from answer  # one each: its traceback is the caller's
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def finish(self) -> None:
        """Wait until everything that was asked is answered."""
        while self._reading is not None:
            await asyncio.shield(self._reading)

    def _enqueue(self, key: K) -> "asyncio.Future[V | Exception | None]":
        if len(self._waiting) >= self._most:
            raise Unavailable(f"{len(self._waiting)} questions wait for the database; try again")
        future: asyncio.Future[V | Exception | None] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        if self._reading is None:
            self._reading = asyncio.create_task(self._run())
        return future

    async def _run(self) -> None:
        try:
            while self._waiting:
                keys = [key for key, _ in zip(self._waiting, range(self._batch), strict=False)]
                await self._answer({key: self._waiting.pop(key) for key in keys})
        finally:
            self._reading = None

    async def _answer(self, asked: "Mapping[K, asyncio.Future[V | Exception | None]]") -> None:
        try:
            answers = await self._read(list(asked))
        except Exception as error:  # noqa: BLE001 - told to everybody who asked
            for future in asked.values():
                future.set_result(error)
            return
        for key, future in asked.items():
            future.set_result(answers.get(key))

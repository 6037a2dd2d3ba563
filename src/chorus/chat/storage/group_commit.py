"""One commit for everything that arrived while the last one ran.

A commit costs a write to the disk, however much is in it. So appends wait in a queue; one task takes all that is there,
commits it in one transaction, answers, and takes what has arrived meanwhile. Alone, a send waits for its own commit
and nothing else; under load the batches grow and a commit is shared by hundreds.

    appends = GroupCommit(database.append, batch=1000, waiting=20_000)
    appended = await appends.append(entry)

A batch that fails for a reason of its content is cut in halves until the entry at fault is alone: neighbours' sends do
not fail with it. A caller who goes away takes nothing back; the entry is in the batch and is stored.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from chorus.chat.domain.entries import NewEntry
from chorus.chat.domain.errors import ChatError, Unavailable
from chorus.chat.storage.contract import Appended
from chorus.chat.storage.database import Outcome

Commit = Callable[[Sequence[NewEntry]], Awaitable[Sequence[Outcome]]]

_Key = tuple[int, UUID]
_Future = asyncio.Future[Outcome | Exception]


class GroupCommit:
    """Collects appends and commits them together, in the order in which they came."""

    def __init__(self, commit: Commit, *, batch: int, waiting: int) -> None:
        """Args: commit: stores a batch. batch: most entries in one. waiting: most entries that wait."""
        self._commit = commit
        self._batch = batch
        self._most = waiting
        self._queue: deque[NewEntry] = deque()
        self._under_way: dict[_Key, list[_Future]] = {}
        """Those who wait for an entry: one each, for who goes away takes the others nothing."""

        self._committing: asyncio.Task[None] | None = None

    async def append(self, entry: NewEntry) -> Appended:
        """Store the entry with the next commit and return it in its place.

        Raises:
            Unavailable: too many wait, or the commit failed; the same client id may be sent again.
            ChatError: what the commit says of this entry.
        """
        key = (entry.sender, entry.client_id)
        waiting = self._under_way.get(key)
        repeated = waiting is not None
        if waiting is None:
            waiting = self._enqueue(key, entry)
        future: _Future = asyncio.get_running_loop().create_future()
        waiting.append(future)
        outcome = await future
        if isinstance(outcome, ChatError):
            raise type(outcome)(str(outcome)) from outcome  # one each: its traceback is the caller's
        if isinstance(outcome, Exception):
            raise outcome
        return msgspec.structs.replace(outcome, repeated=True) if repeated else outcome

    async def finish(self) -> None:
        """Wait until everything that was given is answered."""
        while self._committing is not None:
            await asyncio.shield(self._committing)

    def _enqueue(self, key: _Key, entry: NewEntry) -> list[_Future]:
        if len(self._under_way) >= self._most:
            raise Unavailable(f"{len(self._under_way)} messages wait to be stored; try again")
        waiting = self._under_way[key] = []
        self._queue.append(entry)
        if self._committing is None:
            self._committing = asyncio.create_task(self._run())
        return waiting

    async def _run(self) -> None:
        try:
            while self._queue:
                await self._settle([self._queue.popleft() for _ in range(min(self._batch, len(self._queue)))])
        finally:
            self._committing = None

    async def _settle(self, batch: Sequence[NewEntry]) -> None:
        """Commit the batch and answer; on an error of the batch, settle its halves."""
        try:
            outcomes: Sequence[Outcome | Exception] = await self._commit(batch)
        except ChatError as error:  # the database is away: that is so for each of them
            outcomes = [error] * len(batch)
        except Exception as error:  # noqa: BLE001 - whatever one entry caused is told to its sender, and the rest goes on
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._settle(batch[:middle])
                await self._settle(batch[middle:])
                return
            outcomes = [error]
        for entry, outcome in zip(batch, outcomes, strict=True):
            for future in self._under_way.pop((entry.sender, entry.client_id)):
                if not future.done():
                    future.set_result(outcome)

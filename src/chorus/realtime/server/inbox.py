"""The events of one client, handled one after another, in the order they came.

An idle client has no task: one is made when a handler awaits something, and it goes on until nothing waits. When more
wait than allowed, `pause` is called, so that the client is no longer read from, and `resume` when half are done.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Inbox(Generic[Item]):
    """A queue and its one worker.

    Args:
        handle: handles an item at once and returns None, or returns what is to be awaited. Must not raise, and neither
            must what it returns.
        tasks: holds the task while it runs, for those who wait for all of them.
    """

    __slots__ = ("_busy", "_handle", "_items", "_limit", "_pause", "_paused", "_resume", "_task", "_tasks")

    def __init__(
        self,
        handle: Callable[[Item], Awaitable[None] | None],
        *,
        limit: int,
        pause: Callable[[], None],
        resume: Callable[[], None],
        tasks: set[asyncio.Task[None]],
    ) -> None:
        self._handle = handle
        self._limit = limit
        self._pause = pause
        self._resume = resume
        self._tasks = tasks
        self._items: deque[Item] | None = None
        self._task: asyncio.Task[None] | None = None
        self._paused = False
        self._busy = False

    @property
    def idle(self) -> bool:
        """Whether nothing is being handled and nothing waits."""
        return self._task is None and not self._busy and not self._items

    def put(self, item: Item) -> None:
        """Handle `item` after those before it."""
        if self._task is None and not self._busy:
            self._busy = True
            try:
                unfinished = self._handle(item)
            finally:
                self._busy = False
            if unfinished is not None or self._items:  # a handler may cause further items: its own disconnect, say
                self._task = asyncio.get_running_loop().create_task(self._work(unfinished))
                self._tasks.add(self._task)
            return
        if self._items is None:
            self._items = deque()
        self._items.append(item)
        if len(self._items) >= self._limit and not self._paused:
            self._paused = True
            self._pause()

    def allow(self, limit: int) -> None:
        """Change how many may wait."""
        self._limit = limit
        waiting = len(self._items) if self._items is not None else 0
        if self._paused and waiting < limit:
            self._paused = False
            self._resume()
        elif not self._paused and waiting >= limit:
            self._paused = True
            self._pause()

    async def _work(self, unfinished: Awaitable[None] | None) -> None:
        try:
            if unfinished is not None:
                await unfinished
            while self._items:
                awaitable = self._handle(self._items.popleft())
                if self._paused and len(self._items) <= self._limit // 2:
                    self._paused = False
                    self._resume()
                if awaitable is not None:
                    await awaitable
        finally:
            if self._task is not None:
                self._tasks.discard(self._task)
            self._task = self._items = None

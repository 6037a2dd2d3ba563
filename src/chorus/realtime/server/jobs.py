"""Work in the background, one task a job.

    jobs = Jobs("durable rooms")
    jobs.run("watch", watch)      # unless one is at it already
    await jobs.cancel()

A task that fails is logged with its job's name; the job may be run again.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any

_log = logging.getLogger(__name__)


class Jobs:
    """Args: name: what they are the jobs of."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        """Those that are worked on."""
        return len(self._tasks)

    def run(self, job: Hashable, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have one task at work on the job."""
        if job not in self._tasks or self._tasks[job].done():
            task = self._tasks[job] = asyncio.get_running_loop().create_task(work(), name=f"{self._name}: {job}")
            task.add_done_callback(partial(self._finished, job))

    async def cancel(self) -> None:
        """End all of them."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # what they failed with is logged by _finished

    def _finished(self, job: Hashable, task: asyncio.Task[None]) -> None:
        if self._tasks.get(job) is task:
            del self._tasks[job]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)

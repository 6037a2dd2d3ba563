"""Hits a scratch cluster on schedule, and counts what was hit."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable

from chorus.chaos.cluster import ScratchCluster
from chorus.chaos.errors import ChaosFailed
from chorus.chaos.postgres import ScratchPostgres
from chorus.chaos.schedule import Blow, What
from chorus.chaos.threads import to_completion
from chorus.chaos.valkey import ScratchValkey

logger = logging.getLogger(__name__)

_REDIS_AWAY = 1.0
"""Seconds from its death to its start."""

_RELOAD_AGAIN = 2.0
"""Seconds from a reload that was not done to the next attempt."""


class Faults:
    """Who can be hit, and what happened to them."""

    def __init__(self, cluster: ScratchCluster, valkey: ScratchValkey, postgres: ScratchPostgres | None) -> None:
        self.done: Counter[What] = Counter()
        self.reloads: list[str] = []
        """What each attempt to reload said; "" for the one that was done."""

        self.nobody = 0
        """Kills that found no worker that served: all were still starting."""

        self._cluster = cluster
        self._valkey = valkey
        self._postgres = postgres
        self._ends = 0.0
        self._under_way: dict[What, asyncio.Task[None]] = {}

    async def run(self, blows: Iterable[Blow], *, seconds: float) -> None:
        """Deal the blows at their times, counted from now, and return after `seconds`, when all is up again.

        Raises:
            ChaosFailed: what was killed did not start again.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._ends = began + seconds
        for blow in blows:
            await asyncio.sleep(began + blow.at - loop.time())
            before = self._under_way.get(blow.what)
            if before is None or before.done():
                if before is not None:
                    before.result()
                self._under_way[blow.what] = asyncio.create_task(self._deal(blow), name=f"chaos: {blow.what}")
        await asyncio.sleep(self._ends - loop.time())
        await asyncio.gather(*self._under_way.values())

    async def _deal(self, blow: Blow) -> None:
        match blow.what:
            case What.WORKER:
                killed = await to_completion(self._cluster.kill_worker, blow.pick)
                self.done[blow.what] += killed
                self.nobody += not killed
            case What.MANAGER:
                self.done[blow.what] += await to_completion(self._cluster.kill_manager)
            case What.REDIS:
                self.done[blow.what] += 1
                await to_completion(self._valkey.kill)
                await asyncio.sleep(_REDIS_AWAY)
                await to_completion(self._valkey.start)
            case What.POSTGRES:
                if self._postgres is not None:
                    self.done[blow.what] += 1
                    await to_completion(self._postgres.restart)
            case What.RELOAD:
                await self._reload()

    async def _reload(self) -> None:
        """Until one is done: its new worker may be killed, and so may the manager that conducts it."""
        loop = asyncio.get_running_loop()
        while loop.time() < self._ends:
            try:
                said = await to_completion(self._cluster.reload)
            except ChaosFailed as error:
                said = str(error)
            self.reloads.append(said or "")
            if said is None:
                self.done[What.RELOAD] += 1
                return
            logger.info("the reload was not done, trying again: %s", said)
            await asyncio.sleep(_RELOAD_AGAIN)

"""The directory in Redis: what each instance tells of itself, which expires with its lease.

Changes wait a moment and travel together. Entries are written before the lease that stands for them is renewed, so a
lease that runs has its entries; whoever finds one without, or finds that the server lost leases, waits until all of
those that live are back, and then answers: an answer is never a part. The scripts and what they mean are in
redis_leases.py and redis_entries.py.
"""

import asyncio
import logging
from collections.abc import Collection

from chorus.realtime.backplane.commands import Commands
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.directory import LEASE, Listed, Note, Roll
from chorus.realtime.backplane.names import Names
from chorus.realtime.backplane.redis_entries import RedisEntries
from chorus.realtime.backplane.redis_leases import RedisLeases
from chorus.realtime.backplane.topic import Topic

_log = logging.getLogger(__name__)

_RENEW_EVERY = 1.0
"""Seconds."""

_GATHER = 0.05
"""Seconds between two writes: what changes meanwhile waits for others. As long as between two looks for the others."""

_PATIENCE = 3 * LEASE
"""Seconds for which others are waited for. One that lives is back within a lease; what was lost twice takes longer."""


class RedisDirectory:
    """One instance's end of it.

    Args:
        identity: tells this process from all others.
    """

    def __init__(self, commands: Commands, names: Names, identity: str) -> None:
        self._identity = identity
        self._leases = RedisLeases(commands, names, identity)
        self._entries = RedisEntries(commands, names, identity)
        self._task: asyncio.Task[None] | None = None
        self._renew_at = 0.0
        self._something = asyncio.Event()

    def start(self) -> None:
        """Say that we are there, from now on."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep(), name="redis directory")

    async def close(self) -> None:
        """Say that we are not any more, if the server is there to hear it; otherwise the lease ends."""
        if self._task is None:
            return
        task, self._task = self._task, None
        self._something.set()
        task.cancel()
        await asyncio.wait((task,), timeout=_RENEW_EVERY)
        try:
            async with asyncio.timeout(_RENEW_EVERY):
                await self._leases.give_back()
        except (BackplaneUnavailable, TimeoutError) as error:
            _log.debug("the lease was not given back, it ends by itself: %s", error)

    def renew(self) -> None:
        """Look now whether what we told is still there: the server was away, or somebody misses us."""
        self._renew_at = 0.0
        self._something.set()

    def declare(self, instance: str, topic: str, roll: Roll) -> Note:
        """List what `roll` holds."""
        entry = Topic(instance, roll)
        self._entries.declare(topic, entry)
        self._something.set()

        def note(key: str, label: str) -> None:
            entry.note(key, label)
            self._something.set()

        return note

    def undeclare(self, topic: str) -> None:
        """End that."""
        if self._entries.undeclare(topic):
            self._something.set()

    async def find(self, topic: str, names: Collection[str]) -> list[Listed]:
        """Ask for the entries of each other instance whose lease runs, when all of them are there."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        while (found := await self._find_now(topic, names)) is None:
            if loop.time() >= until:
                raise BackplaneUnavailable(
                    f"Redis lost who is where, and not every instance has told it anew within {_PATIENCE:g} s"
                )
            await asyncio.sleep(_GATHER)
        return found

    async def _find_now(self, topic: str, names: Collection[str]) -> list[Listed] | None:
        """None: some may live that are not to be found yet."""
        running = await self._leases.look()
        if running is None:
            if self._leases.behind:
                self.renew()
            return None
        others = [lease for lease in running if lease != self._identity]
        found: list[Listed] = []
        for some in await asyncio.gather(*(self._entries.find(lease, topic, names) for lease in others)):
            if some is None:
                return None
            found += some
        return found

    async def _keep(self) -> None:
        """Renew every second, and write what changed a moment after it did, until it is cancelled.

        Should something below swallow the cancellation, this ends at its next turn, whoever cancelled it: an event
        loop that ends cancels the tasks of a backplane that nobody closed, and waits for them.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._renew_at = wrote_at = loop.time()  # at once, for the first time
        said = False
        while not task.cancelling():
            try:
                async with asyncio.timeout_at(self._renew_at):
                    await self._something.wait()
                await asyncio.sleep(wrote_at + _GATHER - loop.time())
            except TimeoutError:
                pass  # nothing changed: time to renew
            renewing = loop.time() >= self._renew_at
            if renewing:
                self._renew_at = loop.time() + _RENEW_EVERY
            self._something.clear()
            wrote_at = loop.time()
            try:
                # The entries first: a lease that runs says that they are there.
                if await self._entries.tell(renewing=renewing) or renewing:
                    await self._leases.renew()
                said = False
            except BackplaneUnavailable as error:
                self._entries.doubt()
                self.renew()
                if not said:
                    said = True
                    _log.warning("other instances do not see who is here: %s", error)
                await asyncio.sleep(_GATHER)

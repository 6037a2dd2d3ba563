"""Whether one process is ready and well: asked, waited for, or heard of by its signs of life.

    watch = HealthWatch(instance)
    watch.said_ready()          # READY, once its health check passes
    watch.watch()               # UNWELL, once enough checks failed in a row or its signs of life stopped
    watch.end()                 # whatever was under way

It decides nothing of what follows: the instance takes the event. What is watched ends with the state it was begun in.
"""

import asyncio
from collections.abc import Coroutine
from typing import Protocol

from chorus.cluster.lifecycle import Event
from chorus.cluster.manager.keeper_client import KeeperLost
from chorus.cluster.manager.probe import ProbeAnswer
from chorus.cluster.manager.process import Process
from chorus.cluster.spec import ApplicationSpec

SIGN_UNDER_WAY = 0.5
"""Seconds a sign of life may need from the process to us."""

OVERDUE = 0.6
"""Share of the time allowed after which a sign is overdue: programs give one in half of it (sd_watchdog_enabled(3))."""

READINESS_PAUSE = 0.1
"""Seconds between two checks of an instance that is not ready yet."""


class Watched(Protocol):
    """The instance that is watched."""

    spec: ApplicationSpec
    process: Process
    trial: bool

    async def ask(self) -> ProbeAnswer:
        """One health check of its process."""
        ...

    async def keeper_answers(self) -> None:
        """Wait until the keeper has answered, which hands on what its process says."""
        ...

    def now(self) -> float:
        """Monotonic seconds."""
        ...

    def take(self, event: Event, reason: str | None = None) -> None:
        """Let something happen to it."""
        ...


class HealthWatch:
    """Over one instance, whichever process it has."""

    def __init__(self, instance: Watched) -> None:
        self._instance = instance
        self._check: asyncio.Task[None] | None = None
        self._watchdog: asyncio.Task[None] | None = None
        self._allowed = 0.0
        """Seconds without a sign of life for which the watchdog waits."""

        self._hears_since = 0.0
        """When the keeper went on that was held up: until then signs were lost."""

        self._closed = False

    def said_ready(self) -> None:
        """Its process says that it is ready: it is, once its health check passes where there is one."""
        if self._instance.spec.health is None:
            self._instance.take(Event.READY)
        elif self._check is None:
            self._check = self._begin(self._until_well())

    def said_nothing(self, seconds: float) -> None:
        """Its process runs, and never says that it is ready: it is when its check passes, or after these seconds."""
        if self._instance.spec.health is not None:
            self._check = self._begin(self._until_well())
        elif seconds == 0.0:
            self._instance.take(Event.READY)
        else:
            self._check = self._begin(self._until_settled(seconds))

    def watch(self) -> None:
        """It is online: ask again and again, and wait for its signs of life."""
        if self._instance.spec.watchdog:
            self._watchdog = self._begin(self._while_it_lives())
        if self._instance.spec.health is not None:
            self._check = self._begin(self._while_well())

    def said_something(self) -> None:
        """Its process said something: while it is online, it may ask for another time between its signs of life."""
        if self._watchdog is not None and self._allowed != self._may_be_silent():
            self._watchdog.cancel()
            self._watchdog = self._begin(self._while_it_lives())

    def end(self) -> None:
        """What was begun in a state ends with it."""
        for task in (self._check, self._watchdog):
            if task is not None:
                task.cancel()
        self._check = self._watchdog = None

    def close(self) -> None:
        """End, and begin nothing any more."""
        self._closed = True
        self.end()

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None] | None:
        if self._closed:
            work.close()
            return None
        return asyncio.create_task(work)

    async def _until_settled(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._check = None
        self._instance.take(Event.READY)

    async def _until_well(self) -> None:
        """Ask until it is well. Started by the restart policy it need only be alive: what it waits for may be away."""
        instance = self._instance
        while True:
            answer = await instance.ask()
            instance.process.complaint = answer.reason
            if answer.well or (answer.alive and not instance.trial):
                break
            await asyncio.sleep(READINESS_PAUSE)
        self._check = None
        instance.take(Event.READY)

    async def _while_well(self) -> None:
        """Ask while it is online; enough failures in a row and it is not well."""
        instance = self._instance
        health = instance.spec.health
        assert health is not None
        failures = 0
        while failures < health.threshold:
            await asyncio.sleep(health.interval)
            busy = self._is_busy()
            answer = await instance.ask()
            instance.process.complaint = answer.reason
            young = (
                instance.process.started_at is not None and instance.now() - instance.process.started_at < health.grace
            )
            busy = busy or self._is_busy()  # also when it has said meanwhile that it is ready again
            failures = 0 if answer.alive or young or busy else failures + 1
        self._check = None
        instance.take(Event.UNWELL, f"{failures} health checks failed: {instance.process.complaint}")

    def _is_busy(self) -> bool:
        """Whether it reloads itself, and need not answer."""
        process = self._instance.process
        return process.said.reloading and self._instance.now() < process.busy_until

    async def _while_it_lives(self) -> None:
        """Wait while signs of life come. A program that never gave one is not waited for.

        The keeper may be held up, as by a log's disk; then a few signs wait in it and the others are lost. So it is
        asked twice: one that goes on just before the time is over answers at once then, and answered late before.
        """
        self._hears_since = 0.0
        while allowed := self._may_be_silent():
            self._allowed = allowed
            if await self._is_silent_for(OVERDUE * allowed) and await self._is_silent_for(allowed):
                self._watchdog = None
                self._instance.take(Event.UNWELL, f"gave no sign of life for {allowed:g} s")
                return
        self._allowed = 0.0

    async def _is_silent_for(self, seconds: float) -> bool:
        """Wait until no sign came for so long, of those that could be heard; False when one did, or may have."""
        instance = self._instance
        now = instance.now()
        wake = now + min(max(0.0, self._last_sign() + seconds - now), seconds)
        await asyncio.sleep(wake - now + SIGN_UNDER_WAY)
        # When we slept too long ourselves, its signs may be waiting to be read: they have until the next look.
        on_time = instance.now() < wake + 2 * SIGN_UNDER_WAY
        if not on_time or instance.now() <= self._last_sign() + seconds:
            return False
        if not await self._was_heard():
            self._hears_since = instance.now()
        return instance.now() > self._last_sign() + seconds

    def _last_sign(self) -> float:
        """When it gave its last one; while none could be heard, it may have."""
        return max(self._instance.process.said.last_sign, self._hears_since)

    async def _was_heard(self) -> bool:
        """Whether the keeper hands on what it hears; one that is held up, as by a log's disk, has signs that wait."""
        asked = self._instance.now()
        try:
            await self._instance.keeper_answers()
        except KeeperLost:  # this manager ends
            return False
        return self._instance.now() < asked + SIGN_UNDER_WAY

    def _may_be_silent(self) -> float:
        return self._instance.process.said.watchdog(self._instance.spec.watchdog)

"""Looks at every instance once a second, remembers what it saw, and tells the instance.

/proc, load pages --look--> Sample, Cell --> instance.sampled (the memory limit), History (status, info, monitor)
"""

import asyncio
from collections.abc import Callable, Mapping

from chorus.cluster.manager.application import Application
from chorus.cluster.manager.instance import Instance
from chorus.cluster.manager.load_page import LoadPages, lag
from chorus.cluster.manager.samples import Sampler
from chorus.cluster.messages import InstanceSamples, Samples
from chorus.cluster.series import History, Reading

LOOK_EVERY = 1.0
"""Seconds between two looks."""

_Place = tuple[str, int]
"""An instance by application and number: its history goes on from process to process."""


class Observer:
    """Knows how the instances are and were."""

    def __init__(
        self,
        applications: Mapping[str, Application],
        now: Callable[[], float],
        on_look: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_look` is called after every look but the first, which knows of no processor time yet."""
        self._applications, self._now, self._on_look = applications, now, on_look
        self._sampler = Sampler()
        self._pages = LoadPages()
        self._histories: dict[_Place, History] = {}

    async def run(self) -> None:
        """Look at the beginning of every second."""
        self.look()
        while True:
            await asyncio.sleep(LOOK_EVERY - self._now() % LOOK_EVERY)
            self.look()
            self._on_look()

    def look(self) -> None:
        """Look at every instance now."""
        now = self._now()
        everyone = self._everyone()
        self._forget(everyone)
        for place, instance in everyone.items():
            self._show(instance, now)
            if instance.process.pid is not None:
                instance.sampled(self._sampler.sample(instance.process.pid, now))
            self._histories.setdefault(place, History()).add(now, _reading(instance))

    def refresh(self) -> None:
        """Look at what costs nothing, and at the processes that no look has met yet."""
        now = self._now()
        for instance in self._everyone().values():
            self._show(instance, now)
            if instance.process.pid is not None and instance.process.sample is None:
                instance.sampled(self._sampler.sample(instance.process.pid, now))

    def samples(self, application: str, number: int, wanted: Samples) -> InstanceSamples:
        """What was seen of an instance lately; nothing of one that was never looked at."""
        history, now = self._histories.get((application, number)) or History(), self._now()
        return InstanceSamples(
            application=application,
            number=number,
            summaries=history.summary(wanted.last, now, wanted.span),
            values=history.last(wanted.last, now, wanted.span) if wanted.values else {},
        )

    def _everyone(self) -> dict[_Place, Instance]:
        return {
            (application.name, number): instance
            for application in self._applications.values()
            for number, instance in application.instances.items()
        }

    def _forget(self, everyone: Mapping[_Place, Instance]) -> None:
        """Let go of what belongs to instances and processes that are no more."""
        pids = {instance.process.pid for instance in everyone.values() if instance.process.pid is not None}
        self._sampler.keep_only(pids)
        self._pages.keep_only(pids)
        for place in self._histories.keys() - everyone.keys():
            del self._histories[place]

    def _show(self, instance: Instance, now: float) -> None:
        cell = None
        if instance.process.pid is not None and instance.slot is not None and instance.spec.app is not None:
            cell = self._pages.cell(instance.process.pid, instance.slot)
        instance.process.show(*((None, None) if cell is None else (cell.connections, lag(cell, now))))


def _reading(instance: Instance) -> Reading:
    sample, restarts = instance.process.sample, instance.record.restarts
    if sample is None:
        return Reading(restarts=restarts)
    return Reading(
        memory=sample.memory,
        cpu=sample.cpu,
        descriptors=sample.descriptors,
        connections=instance.process.connections,
        lag=instance.process.lag,
        restarts=restarts,
    )

"""The last minutes of every instance, as far as a screen can show them. Pure.

trails = Trails()
trails.begin(series)         # what the manager remembers of the time before
trails.add(status)           # once a second
trails.of("chat", 0).cpu     # [0.0, 1.2, …], oldest first
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from chorus.cluster.messages import ClusterStatus, SampleSeries

LENGTH = 240
"""Values kept of each instance: as many as a wide screen has columns."""


class Trail(NamedTuple):
    """What an instance was like, a value a second; None where nothing was seen."""

    cpu: deque[float | None]
    memory: deque[float | None]
    lag: deque[float | None]


class Trails:
    """The trails of all instances that are there."""

    def __init__(self) -> None:
        self._trails: dict[tuple[str, int], Trail] = {}

    def begin(self, series: SampleSeries) -> None:
        """Take over what was seen before we looked; an instance that has a trail already keeps its own."""
        for seen in series.instances:
            place = (seen.application, seen.number)
            if place not in self._trails:
                self._trails[place] = Trail(*(_kept(seen.values.get(name, ())) for name in Trail._fields))

    def add(self, status: ClusterStatus) -> None:
        """Take in what is now, and forget the instances that are no more."""
        present = {
            (each.name, instance.number): instance for each in status.applications for instance in each.instances
        }
        self._trails = {place: trail for place, trail in self._trails.items() if place in present}
        for place, instance in present.items():
            trail = self._trails.setdefault(place, _empty())
            for name in Trail._fields:
                getattr(trail, name).append(getattr(instance, name))

    def of(self, application: str, number: int) -> Trail:
        """The trail of an instance; an empty one when it has none."""
        return self._trails.get((application, number)) or _empty()


def _kept(values: Iterable[float | None]) -> deque[float | None]:
    return deque(values, maxlen=LENGTH)


def _empty() -> Trail:
    return Trail(_kept(()), _kept(()), _kept(()))

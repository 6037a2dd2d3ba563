"""What was seen of an instance: the last hour by the second and the last day by the minute, in bounded rings. Pure.

    history = History()
    history.add(now, Reading(memory=88 << 20, cpu=1.2, descriptors=31, connections=12, lag=0.0004, restarts=0))
    history.last(60, now)["cpu"]               # [None, …, 1.2]: one value a second, oldest first, None: nothing seen
    history.last(60, now, span="day")["cpu"]   # one value a minute
    history.summary(60, now)["cpu"]            # Summary(least=1.2, mean=1.2, most=1.2)

Every ring has a place for each second or minute of its span and begins anew at its end, so an instance costs at most
`COLUMNS` × (3,600 + 1,440) floats of 4 bytes, 121 kB, and less while it is young. `now` is in monotonic seconds.
"""

import math
from array import array
from typing import Literal

import msgspec

HOUR = 3600
"""Places of the ring of seconds."""

DAY = 1440
"""Places of the ring of minutes."""

Span = Literal["hour", "day"]
"""The ring of seconds, or that of minutes."""

COLUMNS = ("memory", "cpu", "descriptors", "connections", "lag", "restarts")

_MEAN = frozenset({"cpu"})
"""What a minute is the mean of; of the others it is the highest value."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One look at an instance; None is what there was not to see."""

    memory: float | None = None
    """Resident bytes."""

    cpu: float | None = None
    """Per cent of one processor."""

    descriptors: float | None = None
    connections: float | None = None
    lag: float | None = None
    """Seconds by which the event loop is late."""

    restarts: float | None = None
    """Counted since the application was started."""


class Summary(msgspec.Struct, frozen=True):
    """What was seen over a time."""

    least: float
    mean: float
    most: float


class History:
    """The two rings of an instance."""

    def __init__(self) -> None:
        self._seconds = _Ring(HOUR)
        self._minutes = _Ring(DAY)
        self._minute = -1
        self._sums = {name: [0.0, 0.0] for name in COLUMNS}
        """Of the present minute: how many values there were, and their sum or the highest of them."""

    def add(self, now: float, reading: Reading) -> None:
        """Remember a look. A second look in the same second takes the place of the first."""
        values = {name: getattr(reading, name) for name in COLUMNS}
        self._seconds.put(int(now), values)
        minute = int(now // 60)
        if minute != self._minute:
            self._minute = minute
            self._sums = {name: [0.0, 0.0] for name in COLUMNS}
        for name, value in values.items():
            if value is not None:
                counted = self._sums[name]
                counted[0] += 1
                counted[1] = counted[1] + value if name in _MEAN else max(counted[1], value)
        self._minutes.put(minute, {name: self._folded(name) for name in COLUMNS})

    def last(self, count: int, now: float, span: Span = "hour") -> dict[str, list[float | None]]:
        """The last `count` seconds or minutes, the present one included, by column."""
        ring, place = (self._seconds, int(now)) if span == "hour" else (self._minutes, int(now // 60))
        return {name: ring.last(name, count, place) for name in COLUMNS}

    def summary(self, count: int, now: float, span: Span = "hour") -> dict[str, Summary | None]:
        """Least, mean and highest of the last `count` values of each column; None where nothing was seen."""
        table = self.last(count, now, span)
        return {name: _summary([v for v in values if v is not None]) for name, values in table.items()}

    def _folded(self, name: str) -> float | None:
        count, value = self._sums[name]
        if not count:
            return None
        return value / count if name in _MEAN else value


class _Ring:
    """A place for each of the last `size` moments, whole numbers that only grow."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._newest = -1
        self._first = -1
        self._columns = {name: array("f") for name in COLUMNS}

    def put(self, moment: int, values: dict[str, float | None]) -> None:
        """Write the values of a moment, and nothing in the places of those that were left out."""
        if moment < self._newest:
            return
        if self._newest < 0 or moment - self._newest >= self._size:  # nothing of what is there is left
            self._first = moment
            self._columns = {name: array("f") for name in COLUMNS}
        else:
            for skipped in range(self._newest + 1, moment):
                self._write(skipped, dict.fromkeys(COLUMNS))
        self._newest = moment
        self._write(moment, values)

    def last(self, name: str, count: int, moment: int) -> list[float | None]:
        """The values of the last `count` moments up to this one, oldest first."""
        oldest = max(self._first, self._newest - self._size + 1)
        count = min(count, self._size)
        return [self._read(name, at, oldest) for at in range(moment - count + 1, moment + 1)]

    def _write(self, moment: int, values: dict[str, float | None]) -> None:
        place = (moment - self._first) % self._size
        for name, column in self._columns.items():
            value = values[name]
            number = math.nan if value is None else value
            if place < len(column):
                column[place] = number
            else:
                column.append(number)

    def _read(self, name: str, moment: int, oldest: int) -> float | None:
        if self._newest < 0 or not oldest <= moment <= self._newest:
            return None
        value = self._columns[name][(moment - self._first) % self._size]
        return None if math.isnan(value) else round(value, 6)  # what a float of 4 bytes knows


def _summary(values: list[float]) -> Summary | None:
    return Summary(min(values), math.fsum(values) / len(values), max(values)) if values else None

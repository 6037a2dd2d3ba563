"""How late hints usually are: how long a gap is worth waiting for before it is read.

    lateness = Lateness(least=0.02, most=0.5)
    lateness.patience                # 0.02
    lateness.see(0.07)               # a hint came so many seconds after the one behind it
    lateness.patience                # 0.21: the next gap is waited for as long

Most gaps are hints under way. A busy instance hears them late, and reading each gap from the log would make it busier
still. So the wait follows what is seen, as TCP's does for an acknowledgement (RFC 6298): a mean, and four times the
mean deviation from it. A hint that never comes teaches nothing.
"""

_MEAN, _DEVIATION = 1 / 8, 1 / 4
"""What a new sample counts for."""

_DEVIATIONS = 4


class Lateness:
    """Of the hints of one instance. Times in seconds."""

    __slots__ = ("_deviation", "_least", "_mean", "_most", "patience")

    def __init__(self, *, least: float, most: float) -> None:
        self.patience = least
        """Wait so long, at least `least` and at most `most`."""

        self._least, self._most = least, most
        self._mean: float | None = None
        self._deviation = 0.0

    def see(self, late: float) -> None:
        """A hint came so long after it was missed, whether or not somebody had waited for it."""
        if self._mean is None:
            self._mean, self._deviation = late, late / 2
        else:
            self._deviation += _DEVIATION * (abs(late - self._mean) - self._deviation)
            self._mean += _MEAN * (late - self._mean)
        self.patience = min(max(self._mean + _DEVIATIONS * self._deviation, self._least), self._most)

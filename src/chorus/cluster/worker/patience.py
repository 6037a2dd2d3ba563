"""How long something that makes progress may take: so long without any, and so long in all.

patience = Patience(loop.time, step=6.0, most=60.0)
while work and patience.left > 0:
    ...
    patience.renew()            # something was done
"""

from collections.abc import Callable


class Patience:
    """Args:
    clock: monotonic seconds.
    step: seconds without progress.
    most: seconds in all.
    renewed: called when there was progress, at most once in `every` seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        step: float,
        most: float,
        renewed: Callable[[], None] = lambda: None,
        every: float = 1.0,
    ) -> None:
        self._clock, self._step, self._renewed, self._every = clock, step, renewed, every
        self.progressed = False
        """Whether there was any progress."""
        self._told = clock()  # or when this began
        self._limit = self._told + most
        self._until = min(self._told + step, self._limit)

    @property
    def left(self) -> float:
        """Seconds until it is over; 0 when it is."""
        return max(0.0, self._until - self._clock())

    def renew(self) -> None:
        """There was progress."""
        now = self._clock()
        self.progressed = True
        self._until = min(now + self._step, self._limit)
        if now - self._told >= self._every and now < self._limit:
            self._told = now
            self._renewed()

"""A clock that stands until a test moves it."""


class Clock:
    """Seconds, monotonic or of the day: `now`, which a test sets, is what whoever calls it is told."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

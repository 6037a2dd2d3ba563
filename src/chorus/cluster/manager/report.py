"""How far a request has come, told to whoever asked."""

from collections.abc import Callable

from chorus.cluster.messages import Progress


class Report:
    """Counts the steps of a request."""

    def __init__(self, send: Callable[[Progress], None]) -> None:
        self._send = send
        self._done = 0
        self._total = 0

    def expect(self, steps: int) -> None:
        """So many more steps are to come."""
        self._total += steps

    def step(self, text: str) -> None:
        """One step is done."""
        self._done += 1
        self._send(Progress(text, self._done, max(self._done, self._total)))

    def say(self, text: str) -> None:
        """Something happened that is no step."""
        self._send(Progress(text, self._done, max(self._done, self._total)))

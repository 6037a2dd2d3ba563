"""How far a request has come, told to whoever asked."""

from collections.abc import Callable

from chorus.cluster.messages import Progress


class Report:
    """Counts the steps of a request."""

    def __init__(self, send: Callable[[Progress], None]) -> None:
        self._send = send
        self._done = 0
        self._total = 0
        self._foreseen = 0

    def expect(self, steps: int) -> None:
        """So many more steps are to come."""
        self._total += steps

    def foresee(self, steps: int) -> None:
        """There will be so many steps in all, whatever `expect` has been told of so far."""
        self._foreseen = steps

    def step(self, text: str, *, by: int = 1) -> None:
        """One step is done, or several."""
        self._done += by
        self._tell(text)

    def say(self, text: str) -> None:
        """Something happened that is no step."""
        self._tell(text)

    def _tell(self, text: str) -> None:
        self._send(Progress(text, self._done, max(self._done, self._total, self._foreseen)))

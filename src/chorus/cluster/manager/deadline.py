"""The deadline of an instance's state: in its record, so that it outlives the manager, and a timer here."""

import asyncio
from collections.abc import Callable

from chorus.cluster import lifecycle
from chorus.cluster.lifecycle import State
from chorus.cluster.manager.ledger import Ledger


class Deadline:
    """Of one instance; `over` is called when it is."""

    def __init__(self, ledger: Ledger, over: Callable[[], None]) -> None:
        self._ledger, self._over = ledger, over
        self._timer: asyncio.TimerHandle | None = None

    def arm(self, deadline: float | None) -> None:
        """Have it at this monotonic time, at once where that is over; None: there is none."""
        self.let_go()
        self._ledger.change(deadline=deadline)
        if deadline is not None and self._ledger.record.state in lifecycle.DEADLINE:
            self._timer = asyncio.get_running_loop().call_at(deadline, self._is_over)

    def leave(self, before: State) -> None:
        """Another state has begun: the deadline goes, but for one that brings the same in it."""
        if lifecycle.DEADLINE.get(before) is not lifecycle.DEADLINE.get(self._ledger.record.state):
            self.arm(None)

    def let_go(self) -> None:
        """Wait for it no more; it stays in the record."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_over(self) -> None:
        self._timer = None
        self._over()

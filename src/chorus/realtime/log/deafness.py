"""Whether an instance no longer hears of what is appended: rooms move, and no announcement comes in. Pure.

    hearing = Hearing(settles=4.0)
    hearing.missed(3); hearing.judge(now=10.0)     # True: from now on it counts as deaf
    hearing.heard(1); hearing.judge(now=12.0)      # False
    hearing.connected(now=20.0)                    # what was announced before nobody could hear

One announcement may be lost, and then the next one is heard. Several that are missed with none heard between are no
coincidence.
"""

MISSED = 3
"""Entries found in rooms without an announcement, and none heard between, that mean deafness."""


class Hearing:
    """Of one instance.

    Args:
        settles: seconds after the connection was made in which entries are found that were announced before.
    """

    __slots__ = ("_heard", "_missed", "_settled_at", "_settles", "deaf")

    def __init__(self, *, settles: float) -> None:
        self.deaf = False
        """As judged last."""

        self._settles = settles
        self._settled_at = float("-inf")
        self._heard = 0
        self._missed = 0

    def connected(self, *, now: float) -> None:
        """The connection was made, perhaps again."""
        self._settled_at = now + self._settles

    def heard(self, count: int) -> None:
        """So many new entries were announced."""
        self._heard += count

    def missed(self, count: int) -> None:
        """So many were found in a room that nobody had announced."""
        self._missed += count

    def judge(self, *, now: float) -> bool:
        """Look at what happened since the last time; whether it has become deaf since."""
        before = self.deaf
        if self._heard or now < self._settled_at:
            self._missed = 0
        self._heard = 0
        self.deaf = self._missed >= MISSED
        return self.deaf and not before

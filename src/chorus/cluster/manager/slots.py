"""Which slots of an application's load page are taken: each living process has one, the lowest that was free."""

from chorus.cluster.spec import LARGEST_CLUSTER

SLOTS = 2 * LARGEST_CLUSTER
"""In a reload old and new live side by side."""


class Slots:
    """The slots of one page."""

    def __init__(self) -> None:
        self._held: set[int] = set()

    def take(self) -> int:
        """Hold the lowest free slot."""
        slot = next(slot for slot in range(len(self._held) + 1) if slot not in self._held)
        self._held.add(slot)
        return slot

    def hold(self, slot: int) -> None:
        """Hold this one: its process lives."""
        self._held.add(slot)

    def free(self, slot: int) -> None:
        """Its process has ended."""
        self._held.discard(slot)

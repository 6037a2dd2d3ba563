"""One timer for the deadlines of all sessions: a wheel of slots, looked at once a slot.

    wheel = Wheel[str](slot=1.0)
    place = wheel.put("ann", at=25.3)
    wheel.take(now=20.0)             # []
    wheel.take(now=26.0)             # ["ann"]; she is put back with her next deadline by whoever took her
    wheel.remove("ann", place)       # instead, when she has no deadline any more

Each costs O(1) an item; a deadline is found up to one slot late, never early.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


class Wheel(Generic[Item]):
    """Items by the slot their deadline falls in."""

    __slots__ = ("_items", "_taken", "slot")

    def __init__(self, *, slot: float) -> None:
        self.slot = slot
        """Seconds."""

        self._items: dict[int, set[Item]] = {}
        self._taken = -1

    def put(self, item: Item, *, at: float) -> int:
        """Have `item` taken once `at` (monotonic seconds) has passed; the place it is in until then."""
        number = max(int(at / self.slot) + 1, self._taken + 1)
        waiting = self._items.get(number)
        if waiting is None:
            self._items[number] = {item}
        else:
            waiting.add(item)
        return number

    def remove(self, item: Item, place: int) -> None:
        """Have it not taken any more; one that was taken already is fine."""
        waiting = self._items.get(place)
        if waiting is not None:
            waiting.discard(item)
            if not waiting:
                del self._items[place]

    def take(self, *, now: float) -> list[Item]:
        """Those whose deadline has passed, in the order of their slots."""
        reached = int(now / self.slot)
        if self._taken < reached - len(self._items):
            due = sorted(number for number in self._items if number <= reached)
        else:
            due = [number for number in range(self._taken + 1, reached + 1) if number in self._items]
        self._taken = max(self._taken, reached)
        return [item for number in due for item in self._items.pop(number)]

    def __len__(self) -> int:
        return sum(map(len, self._items.values()))

    def __bool__(self) -> bool:
        return bool(self._items)

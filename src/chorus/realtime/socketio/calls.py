"""The answers awaited from one client: numbers given out and taken back.

calls = Calls[str](limit=1000)
number = calls.open("who asked")    # goes out as the event's ack id
calls.close(number)                 # "who asked": the client's ACK came; None when nobody waits for it (any more)
"""

from typing import Generic, TypeVar

from chorus.realtime.errors import TooManyCalls

Waiter = TypeVar("Waiter")


class Calls(Generic[Waiter]):
    """Open calls by number; a number is never used twice in a session."""

    __slots__ = ("_limit", "_next", "_open")

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._next = 0
        self._open: dict[int, Waiter] = {}

    def open(self, waiter: Waiter) -> int:
        """Give out a number.

        Raises:
            TooManyCalls: as many as allowed are open.
        """
        if len(self._open) >= self._limit:
            raise TooManyCalls(f"{len(self._open)} answers are awaited, allowed {self._limit}")
        number = self._next
        self._next += 1
        self._open[number] = waiter
        return number

    def close(self, number: int) -> Waiter | None:
        """Take a number back; who waits for it. A client may answer twice or make numbers up: that is None."""
        return self._open.pop(number, None)

    @property
    def next(self) -> int:
        """The number that `open` gives out next."""
        return self._next

    @property
    def numbers(self) -> tuple[int, ...]:
        """Those that are open."""
        return tuple(self._open)

    def reopen(self, waiters: dict[int, Waiter], *, next_number: int) -> None:
        """Go on where another process was: these numbers are open there, and it would have given out `next_number`."""
        self._open.update(waiters)
        self._next = next_number

    def __len__(self) -> int:
        """Calls that are open."""
        return len(self._open)

    def close_all(self) -> list[Waiter]:
        """Take all back, as the client is gone."""
        waiters = list(self._open.values())
        self._open.clear()
        return waiters

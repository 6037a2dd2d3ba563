"""A coroutine of something that begins before its first step: what began ends with it, also when that never comes.

    return Begun(self._lead(visit), partial(self._leave, visit))

A task that is cancelled before its first step runs nothing of its coroutine, no `finally` either.
"""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


class Begun(Coroutine[Any, Any, T]):
    """Args:
    work: goes on with what began, and cleans up itself once it is under way.
    dropped: called when it was ended from outside; twice must change nothing.
    """

    __slots__ = ("_dropped", "_work")

    def __init__(self, work: Coroutine[Any, Any, T], dropped: Callable[[], None]) -> None:
        self._work = work
        self._dropped = dropped

    def __await__(self) -> Generator[Any, Any, T]:
        return self._work.__await__()

    def send(self, value: Any, /) -> Any:
        """Take a step."""
        return self._work.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise that where it waits."""
        try:
            return self._work.throw(*error)
        except BaseException:
            self._dropped()
            raise

    def close(self) -> None:
        """End it."""
        self._work.close()
        self._dropped()

"""Waiting for a condition with a deadline: what the tests do instead of sleeping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from threading import Event
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds until what should have happened counts as never: a busy machine takes its time, and only a failure waits."""

_PAUSE = 0.01
"""Seconds between two looks at a condition."""


def until(
    condition: Callable[[], T], *, within: float = PATIENCE, what: str = "the condition", pause: float = _PAUSE
) -> T:
    """Look until `condition()` is truthy and return its value; fail after `within` seconds, naming `what`.

    `pause`: seconds between two looks, more than usual where to look costs something and it takes seconds anyway.
    """
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within:g} s for {what}; last seen: {value!r}")
        Event().wait(pause)
    return value


async def eventually(
    condition: Callable[[], T | Awaitable[T]], *, within: float = PATIENCE, what: str = "the condition"
) -> T:
    """The same for coroutines: the event loop runs between two looks; `condition` may be async."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value  # type: ignore[return-value]
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within:g} s for {what}; last seen: {value!r}")
        await asyncio.sleep(_PAUSE)

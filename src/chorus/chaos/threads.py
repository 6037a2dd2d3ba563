"""Blocking work that is never left behind."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def to_completion(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run it in a thread; who is cancelled meanwhile waits for its end first.

    A server that is being started by a thread that nobody waits for would outlive the run.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise

"""An event loop whose clock jumps: when nothing is left to do now, it is the time of the next timer."""

import asyncio
import functools
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any


class JumpingLoop(asyncio.SelectorEventLoop):
    """Seconds begin at 1000; waiting costs nothing, and what the machine takes for its work is no time either."""

    def __init__(self, *, threads: bool = False) -> None:
        """`threads`: others may have something to tell it when nothing else is left to happen."""
        self._jumping = _JumpingSelector(threads=threads)
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def jump(self, seconds: float) -> None:
        """Let so much time pass in which nothing happens, as while a process is stopped."""
        self._jumping.now += seconds

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass, with everything that happens in it."""
        self.run_until_complete(asyncio.sleep(seconds))


def jumping(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on a JumpingLoop."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


async def soon(awaitable: Awaitable[Any], within: float = 5.0) -> Any:
    """The result, or a failure when it takes longer."""
    return await asyncio.wait_for(awaitable, within)


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, *, threads: bool) -> None:
        super().__init__()
        self.now = 1000.0
        self._threads = threads

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            if self._threads:
                return super().select()
            raise RuntimeError("everything waits and nothing will happen any more")
        ready = super().select(0)
        if not ready:
            self.now += max(timeout, 0.0)
        return ready

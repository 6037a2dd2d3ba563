"""Rendering beside the event loop, for texts that could hold it up."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from chorus.chat.domain.errors import Unavailable
from chorus.chat.rendering.markdown import render


class Composer:
    """Renders short texts at once, and long ones in a thread, where they wait for each other and nobody for them."""

    def __init__(self, *, short: int = 1000, waiting: int = 200) -> None:
        """Args: short: characters that are rendered at once. waiting: long texts that may wait; the next is refused."""
        self._short = short
        self._most = waiting
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="composer")

    async def html(self, text: str) -> str:
        """The text's HTML.

        Raises:
            Unavailable: too many long texts wait already.
        """
        if len(text) <= self._short:
            return render(text)
        if self._waiting >= self._most:
            raise Unavailable("Too many long messages at this moment; try again")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, render, text)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

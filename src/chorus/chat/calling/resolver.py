"""Looking up the addresses of hosts, in threads of its own.

The system's look-up blocks, for as long as a name server is silent, and whoever makes a webhook chooses the name. So
few threads do it, that nothing else uses, and few names wait for one.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

THREADS = 4
"""Look-ups at a time."""

MOST_LOOK_UPS = 32
"""Under way and waiting; one that nobody waits for any more counts until its thread is free."""

MOST_ADDRESSES = 8
"""Of a host, that are looked at."""


class TooManyNames(Exception):
    """As many names are looked up as may be."""


class Resolver:
    """Of one caller."""

    def __init__(self, look_up: Callable[..., Sequence[Any]] = socket.getaddrinfo) -> None:
        """Take what looks a name up: `socket.getaddrinfo`, or what stands for it."""
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="resolver")
        self._under_way: set[Future[Sequence[Any]]] = set()

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of the host, in the order in which they are to be tried.

        Raises:
            OSError, UnicodeError: there are none, or it is no name.
            TooManyNames.
        """
        if len(self._under_way) >= MOST_LOOK_UPS:
            raise TooManyNames
        asked = self._threads.submit(self._look_up, host, port, type=socket.SOCK_STREAM)
        self._under_way.add(asked)
        asked.add_done_callback(self._under_way.discard)
        found = await asyncio.wrap_future(asked)
        return list(dict.fromkeys(str(place[0]) for *_, place in found))[:MOST_ADDRESSES]

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

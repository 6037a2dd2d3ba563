"""Two instances of the chat on a loop of their own in a thread of this process: for tests of what people see."""

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self

from parts.instance import Instance, both

Listeners = tuple[socket.socket, socket.socket]


class Served:
    """`with Served(**environment) as chat:` serves one chat at two addresses; each is an instance of its own.

    One chat after another may be served at the same addresses: `listeners` are theirs, and stay open.
    """

    def __init__(self, listeners: Listeners | None = None, **environment: str) -> None:
        self._listeners = listeners or (None, None)
        self._environment = environment
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="served")

    def __enter__(self) -> Self:
        self._thread.start()
        instances = [
            Instance(number, listener=listener, **self._environment) for number, listener in enumerate(self._listeners)
        ]
        self._running = both(*instances)
        try:
            self._run(self._running.__aenter__())
        except BaseException:
            self._end_thread()
            raise
        self.address, self.other_address = (instance.address for instance in instances)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._run(self._running.__aexit__(None, None, None))
        finally:
            self._end_thread()

    def _run(self, work) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

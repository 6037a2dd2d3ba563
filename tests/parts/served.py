"""Two instances of the chat on a loop of their own in a thread of this process: for tests of what people see."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from parts.instance import Instance, both


class Served:
    """`with Served(**environment) as chat:` serves one chat at two addresses; each is an instance of its own."""

    def __init__(self, **environment: str) -> None:
        self._environment = environment
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="served")

    def __enter__(self) -> Self:
        self._thread.start()
        instances = Instance(0, **self._environment), Instance(1, **self._environment)
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

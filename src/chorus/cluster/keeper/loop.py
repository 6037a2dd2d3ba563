"""The keeper's event loop: descriptors, deadlines and signals, on selectors. asyncio would double its memory."""

import heapq
import itertools
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE

Callback = Callable[[], object]


class Loop:
    """Calls what was registered, one at a time, until `stop`."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._deadlines: list[tuple[float, int, Callback]] = []
        self._order = itertools.count()
        self._handlers: dict[int, Callback] = {}
        self._stopped = False

    def watch(self, fd: int, callback: Callback, events: int = READ) -> None:
        """Call back whenever the descriptor is ready; again for the same descriptor replaces events and callback."""
        if fd in self._selector.get_map():
            self._selector.modify(fd, events, callback)
        else:
            self._selector.register(fd, events, callback)

    def unwatch(self, fd: int) -> None:
        """Stop watching; a descriptor that is not watched is left alone."""
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    def at(self, when: float, callback: Callback) -> None:
        """Call back once at `when`, monotonic seconds; the callback looks whether it is still wanted."""
        heapq.heappush(self._deadlines, (when, next(self._order), callback))

    def on_signal(self, number: signal.Signals, callback: Callback) -> None:
        """Call back from the loop, never in the middle of something, after the process got the signal."""
        if not self._handlers:
            receiving, sending = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            signal.set_wakeup_fd(sending, warn_on_full_buffer=False)
            self.watch(receiving, lambda: self._signalled(receiving))
        self._handlers[number] = callback
        signal.signal(number, lambda _number, _frame: None)

    def stop(self) -> None:
        """Make `run` return after the callback that runs now."""
        self._stopped = True

    def run(self) -> None:
        """Wait and call until `stop`."""
        while not self._stopped:
            for key, _events in self._selector.select(self._patience()):
                watched = self._selector.get_map().get(key.fd)
                # A callback of this round may have closed the descriptor, and another one opened it anew.
                if watched is not None and watched.data == key.data:
                    self._call(key.data)
            while self._deadlines and self._deadlines[0][0] <= time.monotonic():
                self._call(heapq.heappop(self._deadlines)[2])

    def _patience(self) -> float | None:
        return max(0.0, self._deadlines[0][0] - time.monotonic()) if self._deadlines else None

    def _call(self, callback: Callback) -> None:
        try:
            callback()
        except Exception as error:  # noqa: BLE001 - a keeper that dies takes every listener and log with it: written to daemon.log
            sys.excepthook(type(error), error, error.__traceback__)

    def _signalled(self, receiving: int) -> None:
        for number in set(os.read(receiving, 4096)):
            if number in self._handlers:
                self._handlers[number]()

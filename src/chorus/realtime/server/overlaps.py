"""What all namespaces of an instance hear and remember while sessions move from it or to it.

    overlaps.begin()                    # sessions are about to leave: what each namespace listens to
    overlaps.listen_ahead(there)        # sessions are about to come from where that is listened to
    end = overlaps.watch(crossings)     # one session is about to come by itself; until end()

The first two hold for some time; what a hub does of it is in server/hub.py.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from chorus.realtime.server.hub import Crossing, Listening
from chorus.realtime.server.namespace import Namespace

_OVERLAP = 30.0
"""Seconds for which what rooms bring is remembered when sessions move."""


class Overlaps:
    """Args:
    everything: the namespaces that there are.
    find: one of them, or of a pattern.
    """

    def __init__(self, everything: Callable[[], Iterable[Namespace]], find: Callable[[str], Namespace | None]) -> None:
        self._everything = everything
        self._find = find
        self._ends: asyncio.TimerHandle | None = None

    def begin(self) -> dict[str, Listening]:
        """Remember for some time what rooms bring; what each namespace listens to."""
        self._keep()
        return {namespace.name: namespace.hub.begin_overlap() for namespace in self._everything()}

    def listen_ahead(self, there: Mapping[str, Listening]) -> None:
        """Listen for some time to what the process listens to from which sessions are about to come."""
        self._keep()
        for name, listening in there.items():
            namespace = self._find(name)
            if namespace is not None:
                namespace.hub.listen_ahead(listening)

    def watch(self, crossings: Mapping[str, Crossing]) -> Callable[[], None]:
        """Hear and remember what the clients of one session are told by, until what is returned is called."""
        hubs = [
            (namespace.hub, crossing)
            for name, crossing in crossings.items()
            if (namespace := self._find(name)) is not None
        ]
        for hub, crossing in hubs:
            hub.watch(crossing)

        def end() -> None:
            for hub, crossing in hubs:
                hub.unwatch(crossing)

        return end

    def close(self) -> None:
        """This server is going."""
        if self._ends is not None:
            self._ends.cancel()

    def _keep(self) -> None:
        self.close()
        self._ends = asyncio.get_running_loop().call_later(_OVERLAP, self._end)

    def _end(self) -> None:
        self._ends = None
        for namespace in self._everything():
            namespace.hub.end_overlap()

"""Who is there, on all instances of a server together.

    presence = Presence(server.backplane, on_change=print)
    presence.start()                        # after the backplane's
    presence.put("ada", 2)                  # she is here; a number of your own, the larger counts, 0 is absence
    presence.state("bob")                   # wherever he is connected
    await presence.close()

Theory of operation. Each instance says on one channel of the backplane who came and went with it, at most twice a
second, and every `beat` seconds that it lives. So what a change costs does not depend on how many people there are, and
what silence costs depends on the instances alone. Everybody merges what they hear (table.py). Words may be lost: they
are numbered, and whoever misses one asks for all of it. An instance that was killed says nothing any more, and within
`lease` seconds nobody believes it; while the backplane is away, nobody is taken for dead. It is at most once, as
ephemeral rooms are: never the only place where a truth is.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping

import msgspec

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.presence.table import ABSENT, PresenceTable
from chorus.realtime.presence.wire import Left, Said, Wanted, Word, decode, encode

_log = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds in which changes are gathered."""

_OWN = ""
"""The table's name for this instance."""


class Presence:
    """This instance's part. Not thread-safe: all calls come from one event loop."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        on_change: Callable[[Mapping[str, int]], None],
        channel: str = "presence",
        beat: float = 1.0,
        lease: float = 4.0,
        linger: float = 2.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts.

        Args:
            backplane: joins the instances.
            on_change: called with the keys that have another state now, and that state.
            channel: of the backplane; two presences of one server need two.
            beat: seconds between two signs of life.
            lease: seconds of silence after which an instance is dead; several beats.
            linger: seconds for which somebody who left may come back unnoticed.
            clock: monotonic seconds.
        """
        self._backplane = backplane
        self._on_change = on_change
        self._channel = channel
        self._beat = beat
        self._lease = lease
        self._clock = clock
        self._table = PresenceTable(lease=lease, linger=linger)
        self._source = secrets.token_hex(8)
        self._version = 0
        self._own: dict[str, int] = {}
        self._changed: dict[str, int] = {}
        self._whole_wanted = False
        self._spoke_at = self._looked_at = clock()
        self._versions: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to hear and to speak."""
        self._backplane.subscribe(self._channel, self._heard)
        self._backplane.on_up(self._meet)
        self._meet()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Say that this instance ends. Closing twice is allowed."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        self._backplane.unsubscribe(self._channel, self._heard)
        self._say(Left(self._source))

    def put(self, key: str, state: int) -> None:
        """Set the state of `key` on this instance; 0: it is not here."""
        if self._own.get(key, ABSENT) == state:
            return
        if state == ABSENT:
            del self._own[key]
        else:
            self._own[key] = state
        self._changed[key] = state

    def state(self, key: str) -> int:
        """The key's state, over all instances, as `on_change` told it last."""
        return self._table.state(key)

    def look(self) -> None:
        """Say what is due, and tell what has changed; the tracker does it by itself, twice a second."""
        now = self._clock()
        self._table.told(_OWN, self._changed, now=now)
        if self._changed:
            self._version += 1
        if self._whole_wanted:
            self._say(Said(self._source, self._version, whole=True, states=self._own))
        elif self._changed or now - self._spoke_at >= self._beat:
            self._say(Said(self._source, self._version, whole=False, states=self._changed))
        self._changed = {}
        self._whole_wanted = False
        # Otherwise it is we who do not hear, or what others said may still wait to be read here.
        if self._backplane.healthy and now - self._looked_at < self._lease / 2:
            self._table.expire(now=now)
        self._looked_at = now
        self._versions = {source: self._versions.get(source, 0) for source in self._table.sources - {_OWN}}
        if changes := self._table.changes(now=now):
            self._on_change(changes)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            try:
                self.look()
            except Exception:  # noqa: BLE001 - what `on_change` raises: told, and the next change is another one
                _log.exception("presence: telling what changed failed")

    def _meet(self) -> None:
        """Exchange everything: with whoever was there before this instance, or before the connection was back."""
        self._table.renew(now=self._clock())
        self._say(Wanted(""))
        self._whole_wanted = True

    def _say(self, word: Word) -> None:
        if isinstance(word, Said):
            self._spoke_at = self._clock()
        self._backplane.publish(self._channel, encode(word))

    def _heard(self, message: bytes) -> None:
        try:
            word = decode(message)
        except msgspec.MsgspecError as error:  # of a newer instance beside this one: it speaks again
            _log.warning("a word on %s is not understood: %s", self._channel, error)
            return
        if isinstance(word, Wanted):
            self._whole_wanted = self._whole_wanted or word.source in ("", self._source)
        elif word.source == self._source:
            return
        elif isinstance(word, Left):
            self._table.left(word.source, now=self._clock())
            self._versions.pop(word.source, None)
        else:
            self._take(word)

    def _take(self, word: Said) -> None:
        known = self._versions.get(word.source)
        follows = known is not None and word.version == known + (1 if word.states else 0)
        if word.whole or follows:
            self._versions[word.source] = word.version
            self._table.told(word.source, word.states, now=self._clock(), all_of_it=word.whole)
        else:
            self._table.told(word.source, {}, now=self._clock())
            self._say(Wanted(word.source))

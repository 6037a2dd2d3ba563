"""Which other instances there are: each says once a second that it is there, and is believed for a few.

    peers = Peers("0", backplane)
    peers.start()
    peers.names()        # frozenset({"1", "2"})
    peers.close()        # the others know at once

A question to all instances is asked of these by name, so it is known when everybody has answered: `ask_all`.
"""

import asyncio
import logging

from chorus.realtime.backplane.contract import Backplane, NoAnswer

_log = logging.getLogger(__name__)

_CHANNEL = "instances"
_EVERY = 1.0
"""Seconds between two signs of life."""

_BELIEVED = 3.5
"""Seconds without one until an instance counts as gone."""

_REMEMBERED = 1_000
"""Names of instances that said that they end; the oldest are forgotten first."""

_HERE, _NEW, _GONE = b"=", b"+", b"-"


class Peers:
    """The instances but this one."""

    def __init__(self, instance: str, backplane: Backplane) -> None:
        self._instance = instance.encode()
        self._backplane = backplane
        self._heard_at: dict[str, float] = {}
        self._gone: dict[str, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Say that we are there, now and from now on; whoever hears it for the first time answers."""
        if self._timer is None:
            self._backplane.subscribe(_CHANNEL, self._hear)
            self._backplane.on_up(self._announce)
            self._say_again()

    def close(self) -> None:
        """Say that we are not any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._backplane.unsubscribe(_CHANNEL, self._hear)
            self._say(_GONE)

    def names(self) -> frozenset[str]:
        """Those heard lately."""
        now = asyncio.get_running_loop().time()
        for name in [name for name, at in self._heard_at.items() if now - at > _BELIEVED]:
            del self._heard_at[name]
        return frozenset(self._heard_at)

    def is_gone(self, name: str) -> bool:
        """Whether it said that it ends, and nothing since: whoever asks it would wait in vain."""
        return name in self._gone

    async def ask_all(self, topic: str, question: bytes, *, timeout: float) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """Ask all others at once: the answers by instance, and those that did not answer in time."""
        names = sorted(self.names())
        answers = await asyncio.gather(
            *(self._backplane.ask(name, topic, question, timeout=timeout) for name in names), return_exceptions=True
        )
        answered: dict[str, bytes] = {}
        silent: list[str] = []
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, bytes):
                answered[name] = answer
            elif isinstance(answer, NoAnswer):
                _log.debug("a question to all instances: %s", answer)
                silent.append(name)
            else:
                raise answer
        return answered, tuple(silent)

    def _say(self, word: bytes) -> None:
        self._backplane.publish(_CHANNEL, word + self._instance)

    def _announce(self) -> None:
        if self._timer is not None:
            self._say(_NEW)

    def _say_again(self) -> None:
        self._say(_HERE if self._timer is not None else _NEW)
        self._timer = asyncio.get_running_loop().call_later(_EVERY, self._say_again)

    def _hear(self, message: bytes) -> None:
        word, name = message[:1], message[1:].decode()
        if name == self._instance.decode():
            return
        if word == _GONE:
            self._heard_at.pop(name, None)
            self._gone[name] = None
            if len(self._gone) > _REMEMBERED:
                del self._gone[next(iter(self._gone))]
            return
        self._gone.pop(name, None)
        self._heard_at[name] = asyncio.get_running_loop().time()
        if word == _NEW:
            self._say(_HERE)

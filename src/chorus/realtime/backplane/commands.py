"""Commands to Redis and their answers: everything that is neither published nor heard.

    commands = Commands(settings)
    await commands.run("PING")                                # b"PONG"
    await commands.run("DEL", "a", key="a")                   # where "a" is
    await commands.script(ADD, keys=["a"], arguments=[7])     # runs a Script where its keys are
    await commands.close()

One server, the master that sentinels name, or a cluster: whatever the settings say. Connections are made when they are
needed, one a server. A command that got no answer, or that the server cannot do just now, is tried `max_retries` times
more, so each must be one that may run twice.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import hiredis

from chorus.realtime.backplane.contract import BackplaneRefused, BackplaneUnavailable
from chorus.realtime.backplane.layout import Layout, find_layout
from chorus.realtime.backplane.link import Reply
from chorus.realtime.backplane.pipeline import Pipeline
from chorus.realtime.backplane.redirection import is_demoted, is_for_now, redirection
from chorus.realtime.backplane.settings import RedisAddress, RedisSettings
from chorus.realtime.backplane.slots import slot_of

Word = str | bytes | int

_MOST_REDIRECTIONS = 5
"""From server to server for one command; more means that they do not agree."""


class Script:
    """A Lua script and its name on the server."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


class Commands:
    """Not thread-safe: all calls come from one event loop."""

    def __init__(self, settings: RedisSettings) -> None:
        self._settings = settings
        self._address = settings.address()
        self._layout: Layout | None = None
        self._moved: dict[int, RedisAddress] = {}
        """Owners of slots that the layout has elsewhere, as servers said."""
        self._pipelines: dict[RedisAddress, Pipeline] = {}
        self._finding = asyncio.Lock()
        self._closings = 0
        """How often it was closed: what was asked before is not tried again."""

    async def run(self, *words: Word, key: str = "") -> Any:
        """Run one command; its answer in bytes. In a cluster the owner of `key` is asked; without one, anybody.

        Raises:
            BackplaneUnavailable: no answer, or refused; the text names the place and the setting.
        """
        return self._accepted(await self._asked(words, key))

    async def script(self, script: Script, *, keys: Sequence[str], arguments: Sequence[Word] = ()) -> Any:
        """Run a script; all its keys lie in one slot.

        Raises:
            BackplaneUnavailable: as `run`.
        """
        words = (len(keys), *keys, *arguments)
        answer = await self._asked(("EVALSHA", script.digest, *words), keys[0])
        if _complaint(answer).startswith("NOSCRIPT"):
            answer = await self._asked(("EVAL", script.source, *words), keys[0])  # new to it, or it was restarted
        return self._accepted(answer)

    async def close(self) -> None:
        """Disconnect; what is under way fails. Closing twice is allowed, and so is asking again: it connects anew."""
        self._closings += 1
        self._layout = None
        self._moved.clear()
        for pipeline in self._pipelines.values():
            pipeline.close()
        self._pipelines.clear()

    def _accepted(self, answer: Reply) -> Reply:
        complaint = _complaint(answer)
        if complaint:
            raise BackplaneUnavailable(f"Redis at {self._address.place}: {complaint} (see {self._address.setting})")
        return answer

    async def _asked(self, words: Sequence[Word], key: str) -> Reply:
        encoded = [_encoded(word) for word in words]
        attempts = self._settings.max_retries + 1
        within = self._settings.command_timeout * attempts
        try:
            async with asyncio.timeout(within):
                return await self._ask_patiently(encoded, key, attempts)
        except TimeoutError as error:
            raise BackplaneUnavailable(
                f"Redis at {self._address.place}: no answer within {within:g} s (see {self._address.setting})"
            ) from error

    async def _ask_patiently(self, words: Sequence[bytes], key: str, attempts: int) -> Reply:
        closings, doubtful = self._closings, None
        while True:
            attempts -= 1
            layout = self._layout
            try:
                if layout is None or layout is doubtful:
                    layout = await self._find(doubtful)
                answer = await self._ask_owner(words, key, layout, closings)
            except BackplaneRefused:
                raise
            except BackplaneUnavailable:
                if not attempts or closings != self._closings:
                    raise
            else:
                if not attempts or not is_for_now(_complaint(answer)):
                    return answer
            doubtful = layout
            await asyncio.sleep(self._settings.retry_delay)

    async def _ask_owner(self, words: Sequence[bytes], key: str, layout: Layout, closings: int) -> Reply:
        """The answer of the server that owns the key, found by going where others send us."""
        owner = self._owner(key, layout)
        answer = await self._pipeline(owner, closings).ask(*words)
        for _ in range(_MOST_REDIRECTIONS):
            towards = redirection(_complaint(answer))
            if towards is None:
                break
            owner = owner.at(towards.host or owner.host, towards.port)
            if towards.moved:
                self._moved[towards.slot] = owner
            answer = await self._pipeline(owner, closings).ask(*words, asking=not towards.moved)
        if is_demoted(_complaint(answer)) and owner in self._pipelines:
            self._pipelines.pop(owner).close()  # its name may be the new master's by now: only connecting anew tells
        return answer

    def _owner(self, key: str, layout: Layout) -> RedisAddress:
        if len(layout.places) == 1 and not self._moved:
            return layout.places[0].address
        return self._moved.get(slot_of(key)) or layout.place_of(key).address

    async def _find(self, doubtful: Layout | None) -> Layout:
        """Ask where the servers are, once for all who doubt what was known; all others go on with that meanwhile."""
        async with self._finding:
            if self._layout is None or self._layout is doubtful:
                self._layout = await find_layout(self._settings, list(self._pipelines))
                self._moved.clear()
                owners = {place.address for place in self._layout.places}
                for address in self._pipelines.keys() - owners:
                    self._pipelines.pop(address).close()
            return self._layout

    def _pipeline(self, address: RedisAddress, closings: int) -> Pipeline:
        """The way to a server, for those who asked after so many closings: nobody would close one made for others."""
        if closings != self._closings:
            raise BackplaneUnavailable(f"Redis at {address.place}: closed (see {address.setting})")
        pipeline = self._pipelines.get(address)
        if pipeline is None:
            pipeline = self._pipelines[address] = Pipeline(address, self._settings)
        return pipeline


def _complaint(answer: Reply) -> str:
    """What the server says instead of an answer; empty when it answers."""
    return str(answer) if isinstance(answer, hiredis.ReplyError) else ""


def _encoded(word: Word) -> bytes:
    if isinstance(word, bytes):
        return word
    return word.encode() if isinstance(word, str) else b"%d" % word

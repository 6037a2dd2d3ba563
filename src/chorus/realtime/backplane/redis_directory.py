r"""The directory in Redis: two keys for each topic of an instance, which expire with its lease.

A hash knows the labels of each key; a sorted set holds "<label>\0<key>" for each of them, so that those of a label are
one range. All instances stand in one sorted set, by the time at which their lease ends on the server's clock.

Changes wait a moment and travel together. When the keys are gone, because the server was away or lost them, everything
is written anew, in parts, beside them; others see all of it at once.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from chorus.realtime.backplane.commands import Commands, Script
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.directory import LEASE, Listed, Note, Roll
from chorus.realtime.backplane.names import Names

_log = logging.getLogger(__name__)

_RENEW_EVERY = 1.0
"""Seconds."""

_GATHER = 0.05
"""Seconds between two writes: what changes meanwhile waits for others."""

_AT_ONCE = 1000
"""Entries written by one script: it keeps everybody waiting."""

_NOW = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

# KEYS: leases. ARGV: milliseconds, ours.
_RENEW = Script(f"""{_NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2])
""")

# KEYS: leases. Answers with those that run.
_RUNNING = Script(f"""{_NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')
""")

# KEYS: hash, index. ARGV: milliseconds, what changes. Answers with 1 when the hash was there.
_WRITE = Script("""
local known = redis.call('EXISTS', KEYS[1])
local change = cmsgpack.unpack(ARGV[2])
for _, key in ipairs(change.gone) do redis.call('HDEL', KEYS[1], key) end
for _, member in ipairs(change.lost) do redis.call('ZREM', KEYS[2], member) end
for _, entry in ipairs(change.there) do redis.call('HSET', KEYS[1], entry[1], entry[2]) end
for _, member in ipairs(change.got) do redis.call('ZADD', KEYS[2], 0, member) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return known
""")

# KEYS: hash, index, what takes the place of each. Nothing may be there to do so: then they are gone, both.
_REPLACE = Script("""
for n = 1, 2 do
  redis.call('DEL', KEYS[n])
  if redis.call('EXISTS', KEYS[n + 2]) == 1 then redis.call('RENAME', KEYS[n + 2], KEYS[n]) end
end
""")

# KEYS: hash, index. ARGV: names, each a label or a key. Answers with keys and their labels.
_FIND = Script("""
local found, seen = {}, {}
local function take(key)
  if seen[key] then return end
  seen[key] = true
  local labels = redis.call('HGET', KEYS[1], key)
  if labels then found[#found + 1] = key; found[#found + 1] = labels end
end
for _, name in ipairs(ARGV) do
  take(name)
  for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], '[' .. name .. '\\0', '(' .. name .. '\\1')) do
    take(string.sub(member, #name + 2))
  end
end
return found
""")


class _Change(msgspec.Struct):
    """As MessagePack, for a script: texts only, the servers' libraries know no bytes in it."""

    there: list[tuple[str, str]] = []
    gone: list[str] = []
    got: list[str] = []
    lost: list[str] = []


class _Topic:
    """What this instance tells under one topic."""

    def __init__(self, instance: str, roll: Roll) -> None:
        self.roll = roll
        self._instance = instance
        self.changed: dict[str, set[str]] = {}
        self.written = False
        """Whether the hash is there, as far as we know."""

    def note(self, key: str, label: str) -> None:
        self.changed.setdefault(key, set()).add(label)

    def change(self) -> _Change:
        """What was noted, as it is by now."""
        change = _Change()
        changed, self.changed = self.changed, {}
        for key, labels in changed.items():
            now = self.roll.labels(key)
            if now is None:
                change.gone.append(key)
            else:
                change.there.append((key, _entry(self._instance, now)))
            for label in labels:
                (change.got if now is not None and label in now else change.lost).append(_member(label, key))
        return change

    def everything(self) -> list[_Change]:
        """All there is, in parts."""
        self.changed.clear()
        parts = [_Change()]
        for key in list(self.roll.everything()):
            labels = self.roll.labels(key)
            if labels is None:
                continue
            if len(parts[-1].there) == _AT_ONCE:
                parts.append(_Change())
            parts[-1].there.append((key, _entry(self._instance, labels)))
            parts[-1].got += [_member(label, key) for label in labels]
        return parts


class RedisDirectory:
    """One instance's end of it.

    Args:
        identity: tells this process from all others.
    """

    def __init__(self, commands: Commands, names: Names, identity: str) -> None:
        self._commands = commands
        self._names = names
        self._identity = identity
        self._topics: dict[str, _Topic] = {}
        self._given_up: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._something = asyncio.Event()

    def start(self) -> None:
        """Say that we are there, from now on."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep(), name="redis directory")

    async def close(self) -> None:
        """Say that we are not any more, if the server is there to hear it; otherwise the lease ends."""
        if self._task is None:
            return
        task, self._task = self._task, None
        self._something.set()
        task.cancel()
        await asyncio.wait((task,), timeout=_RENEW_EVERY)
        try:
            async with asyncio.timeout(_RENEW_EVERY):
                await self._commands.run("ZREM", self._leases, self._identity, key=self._leases)
        except (BackplaneUnavailable, TimeoutError) as error:
            _log.debug("the lease was not given back, it ends by itself: %s", error)

    def declare(self, instance: str, topic: str, roll: Roll) -> Note:
        """List what `roll` holds."""
        entry = self._topics[topic] = _Topic(instance, roll)

        def note(key: str, label: str) -> None:
            entry.note(key, label)
            self._something.set()

        return note

    def undeclare(self, topic: str) -> None:
        """End that."""
        if self._topics.pop(topic, None) is not None:
            self._given_up.append(topic)
            self._something.set()

    async def find(self, topic: str, names: Collection[str]) -> list[Listed]:
        """Ask for the entries of each other instance whose lease runs."""
        running: list[bytes] = await self._commands.script(_RUNNING, keys=(self._leases,))
        others = [lease.decode() for lease in running if lease.decode() != self._identity]
        found = await asyncio.gather(*(self._find_at(lease, topic, names) for lease in others))
        return [listed for some in found for listed in some]

    async def _find_at(self, lease: str, topic: str, names: Collection[str]) -> list[Listed]:
        answer = await self._commands.script(_FIND, keys=self._keys(lease, topic), arguments=list(names))
        found: list[Listed] = []
        for key, entry in zip(answer[::2], answer[1::2], strict=True):
            instance, labels = _entries.decode(entry)
            found.append(Listed(key.decode(), frozenset(labels), instance))
        return found

    async def _keep(self) -> None:
        """Renew every second, and write what changed a moment after it did, until it is cancelled.

        Should something below swallow the cancellation, this ends at its next turn, whoever cancelled it: an event
        loop that ends cancels the tasks of a backplane that nobody closed, and waits for them.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        renew_at = loop.time()  # at once, for the first time
        wrote_at = renew_at
        said = False
        while not task.cancelling():
            try:
                async with asyncio.timeout_at(renew_at):
                    await self._something.wait()
                await asyncio.sleep(wrote_at + _GATHER - loop.time())
            except TimeoutError:
                pass  # nothing changed: time to renew
            renewing = loop.time() >= renew_at
            if renewing:
                renew_at = loop.time() + _RENEW_EVERY
            self._something.clear()
            wrote_at = loop.time()
            try:
                await self._write(all_of_it=renewing)
                said = False
            except BackplaneUnavailable as error:
                for topic in self._topics.values():
                    topic.written = False
                self._something.set()
                if not said:
                    said = True
                    _log.warning("other instances do not see who is here: %s", error)
                await asyncio.sleep(_GATHER)

    async def _write(self, *, all_of_it: bool) -> None:
        """Write what changed; with `all_of_it`, renew the lease of everything."""
        if all_of_it:
            await self._commands.script(_RENEW, keys=(self._leases,), arguments=(_MILLISECONDS, self._identity))
        while self._given_up:
            keys = self._keys(self._identity, self._given_up[-1])
            await self._commands.run("DEL", *keys, key=keys[0])
            self._given_up.pop()
        for name, topic in list(self._topics.items()):
            if topic.written and not topic.changed and not all_of_it:
                continue
            if topic.written:
                topic.written = await self._send(self._keys(self._identity, name), topic.change())
            if not topic.written:
                topic.written = True  # what changes from here on is noted, and travels behind
                replaced = await self._replace(self._keys(self._identity, name), topic.everything())
                topic.written = replaced and any(True for _ in topic.roll.everything())

    async def _replace(self, keys: Sequence[str], parts: Sequence[_Change]) -> bool:
        """Write all of it beside what is there, and put it in its place when it is whole: nobody finds a part.

        False when the server lost the first parts before it got the last.
        """
        beside = [f"{key}/new" for key in keys]
        await self._commands.run("DEL", *beside, key=beside[0])  # what an attempt left behind that did not end
        known = [await self._send(beside, part) for part in parts]
        if not all(known[1:]):
            return False
        await self._commands.script(_REPLACE, keys=(*keys, *beside))
        return True

    async def _send(self, keys: Sequence[str], change: _Change) -> bool:
        return bool(await self._commands.script(_WRITE, keys=keys, arguments=(_MILLISECONDS, _encode(change))))

    @property
    def _leases(self) -> str:
        return self._names.beside("directory", "/leases")

    def _keys(self, lease: str, topic: str) -> Sequence[str]:
        """The hash and the index of a topic of an instance; all of an instance's lie in one slot."""
        base = self._names.beside(f"directory/{lease}", f"/{topic}")
        return f"{base}/labels", f"{base}/index"


_MILLISECONDS = round(LEASE * 1000)
_encode: Any = msgspec.msgpack.Encoder().encode
_entries = msgspec.json.Decoder(tuple[str, list[str]])


def _member(label: str, key: str) -> str:
    return f"{label}\0{key}"


def _entry(instance: str, labels: Collection[str]) -> str:
    return msgspec.json.encode((instance, list(labels))).decode()

r"""What each instance tells of itself in Redis: two keys for each topic, and one that says how far it was told.

    entries = RedisEntries(commands, names, "7f3a…")
    entries.declare("people", Topic("0", roll))
    await entries.tell(renewing=True)                # every second; what was told is there for LEASE seconds
    await entries.find("09bc…", "people", ["red"])   # of another instance; None: it has not told everything yet

Theory of operation. A hash knows the labels of each key; a sorted set holds "<label>\0<key>" for each of them, so that
those of a label are one range. All keys of an instance lie in one slot, so a script sees all of them.

Changes are numbered, and a key holds the number of the last one that was taken in. It is there only when everything
was told. A change that does not follow that number is not taken in: the server lost what it had, or is a replica that
did not get the last ones. Then everything is written anew, in parts, beside what is there, and takes its place at once:
nobody finds a part. After a second at most that is noticed, also when nothing changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from chorus.realtime.backplane.commands import Commands, Script
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.directory import LEASE, Listed
from chorus.realtime.backplane.names import Names
from chorus.realtime.backplane.topic import Change, Topic, listed

# Of all that write: the key of the number comes first in KEYS. They answer with 0 when it is not the one that it should
# be; one that ran before, and whose answer was lost, finds its own number.

# KEYS: number, hash, index. ARGV: milliseconds, the number before, the number after, what changes.
_CHANGE = Script("""
local number = redis.call('GET', KEYS[1])
if number == ARGV[3] then return 1 end
if number ~= ARGV[2] then return 0 end
local change = cmsgpack.unpack(ARGV[4])
for _, key in ipairs(change.gone) do redis.call('HDEL', KEYS[2], key) end
for _, member in ipairs(change.lost) do redis.call('ZREM', KEYS[3], member) end
for _, entry in ipairs(change.there) do redis.call('HSET', KEYS[2], entry[1], entry[2]) end
for _, member in ipairs(change.got) do redis.call('ZADD', KEYS[3], 0, member) end
redis.call('SET', KEYS[1], ARGV[3])
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 1
""")

# KEYS: number, hashes and indices. ARGV: milliseconds, the number.
_PROLONG = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 1
""")

# KEYS: number, hashes and indices beside those that others find. ARGV: milliseconds, the number.
_BEGIN = Script("""
for _, key in ipairs(KEYS) do redis.call('DEL', key) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
""")

# KEYS: number, hashes and indices, each with what takes its place behind it. ARGV: milliseconds, the number.
_REPLACE = Script("""
if redis.call('GET', KEYS[1]) == ARGV[2] then return 1 end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
for n = 1, #KEYS, 2 do
  redis.call('DEL', KEYS[n])
  if redis.call('EXISTS', KEYS[n + 1]) == 1 then redis.call('RENAME', KEYS[n + 1], KEYS[n]) end
  redis.call('PEXPIRE', KEYS[n], ARGV[1])
end
return 1
""")

# KEYS: number, hash, index. ARGV: names, each a label or a key. Answers with keys and their labels, or with nothing
# when there is no number.
_FIND = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local found, seen = {}, {}
local function take(key)
  if seen[key] then return end
  seen[key] = true
  local labels = redis.call('HGET', KEYS[2], key)
  if labels then found[#found + 1] = key; found[#found + 1] = labels end
end
for _, name in ipairs(ARGV) do
  take(name)
  for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[3], '[' .. name .. '\\0', '(' .. name .. '\\1')) do
    take(string.sub(member, #name + 2))
  end
end
return found
""")


class RedisEntries:
    """One instance's own entries, and a way to those of the others.

    Args:
        identity: tells this process from all others.
    """

    def __init__(self, commands: Commands, names: Names, identity: str) -> None:
        self._commands = commands
        self._names = names
        self._identity = identity
        self._topics: dict[str, Topic] = {}
        self._given_up: list[str] = []
        self._number = 0
        self._whole = False
        """Whether all of it is there, as far as we know: told up to this number."""

    def declare(self, name: str, topic: Topic) -> None:
        """Tell this one, too, from the next time on."""
        self._topics[name] = topic
        if not topic.empty:
            self.doubt()

    def undeclare(self, name: str) -> bool:
        """End that; False: there was no such topic."""
        if self._topics.pop(name, None) is None:
            return False
        self._given_up.append(name)
        return True

    def doubt(self) -> None:
        """Tell everything anew next time."""
        self._whole = False

    async def tell(self, *, renewing: bool) -> bool:
        """Write what changed; with `renewing`, have everything stay. Answers whether all of it was written anew.

        Raises:
            BackplaneUnavailable: not all of it was written; `doubt`, and try again.
        """
        while self._given_up:
            keys = self._keys(self._identity, self._given_up[-1])
            await self._commands.run("DEL", *keys, key=keys[0])
            self._given_up.pop()
        topics = dict(self._topics)
        if self._whole and await self._tell_changes(topics) and (not renewing or await self._prolong(topics)):
            return False
        self._whole = True  # what changes from here on is noted, and travels behind
        await self._tell_everything(topics)
        return True

    async def find(self, lease: str, topic: str, names: Iterable[str]) -> list[Listed] | None:
        """What the instance of this lease has under these labels and keys; None: it has not told everything yet."""
        keys = (self._number_at(lease), *self._keys(lease, topic))
        answer = await self._commands.script(_FIND, keys=keys, arguments=list(names))
        if answer is None:
            return None
        return [listed(key.decode(), entry) for key, entry in zip(answer[::2], answer[1::2], strict=True)]

    async def _tell_changes(self, topics: Mapping[str, Topic]) -> bool:
        """False: they do not follow what is there."""
        for name, topic in topics.items():
            for part in topic.changes():
                if not await self._send(self._number_key, self._keys_of(name), part):
                    return False
        return True

    async def _prolong(self, topics: Iterable[str]) -> bool:
        keys = [key for name in topics for key in self._keys_of(name)]
        arguments = (_MILLISECONDS, self._number)
        return bool(await self._commands.script(_PROLONG, keys=(self._number_key, *keys), arguments=arguments))

    async def _tell_everything(self, topics: Mapping[str, Topic]) -> None:
        """Write all of it beside what is there, and put it in its place when it is whole."""
        keys = [self._number_key, *(key for name in topics for key in self._keys_of(name))]
        self._number += 1
        await self._commands.script(_BEGIN, keys=_beside(keys), arguments=(_MILLISECONDS, self._number))
        told = True
        for name, topic in topics.items():
            for part in topic.everything():
                told = told and await self._send(_beside(keys)[0], _beside(self._keys_of(name)), part)
        pairs = [key for pair in zip(keys, _beside(keys), strict=True) for key in pair]
        if not (told and await self._commands.script(_REPLACE, keys=pairs, arguments=(_MILLISECONDS, self._number))):
            raise BackplaneUnavailable("Redis lost the first parts of it before it got the last")

    async def _send(self, number: str, keys: Sequence[str], change: Change) -> bool:
        before, self._number = self._number, self._number + 1
        arguments = (_MILLISECONDS, before, self._number, _encode(change))
        return bool(await self._commands.script(_CHANGE, keys=(number, *keys), arguments=arguments))

    @property
    def _number_key(self) -> str:
        return self._number_at(self._identity)

    def _number_at(self, lease: str) -> str:
        return self._names.beside(f"directory/{lease}", "/number")

    def _keys_of(self, topic: str) -> Sequence[str]:
        return self._keys(self._identity, topic)

    def _keys(self, lease: str, topic: str) -> Sequence[str]:
        """The hash and the index of a topic of an instance."""
        base = self._names.beside(f"directory/{lease}", f"/{topic}")
        return f"{base}/labels", f"{base}/index"


_MILLISECONDS = round(LEASE * 1000)
_encode: Any = msgspec.msgpack.Encoder().encode


def _beside(keys: Iterable[str]) -> Sequence[str]:
    """Where what takes their place is written."""
    return [f"{key}/new" for key in keys]

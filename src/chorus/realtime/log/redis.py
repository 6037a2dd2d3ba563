"""A log in Redis streams: one script appends, numbers and announces an entry, all or nothing.

    log = RedisLog(RedisSettings(url="redis://…"))
    seq = await log.append("room:7", b'{"text":"hello"}', id="c4d1")   # followers on every instance hear of it
    await log.close()

An entry is `<seq>-0` of the room's stream; a hash beside it knows the id of each entry that is kept. The oldest are cut
off beyond `keep`, the ids with them: a repeated append is noticed as long as the first is kept.

**When it is durable.** What `append` returned survives what the server's own persistence survives:

- `appendonly yes`, `appendfsync always`: everything but the loss of the disk. Choose this where "acknowledged" is a
  promise.
- `appendonly yes`, `appendfsync everysec`: the death of the process, as long as the disk keeps up. While a sync takes
  its time the server answers and writes later, by two seconds at most. With the machine, and then with the process, up
  to two seconds of entries are gone, and their numbers are given again, to others.
- `appendonly no`, the default of both servers: nothing but what the last snapshot happened to hold.
- A failover to a replica (Sentinel, Cluster) loses what the replica had not got, whatever appendfsync says, because
  replication does not wait. `min-replicas-to-write 1` with `min-replicas-max-lag` bounds that loss; it does not end it.
- `maxmemory-policy` must be `noeviction`: any other may drop a room.

`shortcomings` asks the server which of these do not hold. Clients that recover are not fooled by numbers given twice:
their offsets know what the entry was (chorus.realtime.log.trail).
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from chorus.realtime.backplane.commands import Commands, Script, Word
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.names import Names
from chorus.realtime.backplane.parcel import FOREIGN
from chorus.realtime.backplane.settings import RedisSettings, Topology
from chorus.realtime.errors import Unavailable
from chorus.realtime.log.contract import EntriesGone, Entry
from chorus.realtime.log.hints import log_channel

_ROOMS_AT_ONCE = 200
"""Rooms whose positions are asked for in one command: a script keeps everybody waiting."""

_GREATEST = 2**53
"""Scripts count in floats, which are exact up to here."""

_LOST = {
    "appendonly": "entries are gone with the server's process",
    "appendfsync": "entries of up to two seconds are gone with the machine, or with the server's process while "
    "its disk is slow, and their numbers are given again",
    "maxmemory-policy": "rooms may be dropped when memory is short",
}

# KEYS: stream, hash of ids. ARGV: entry, id, entries to keep, channel, PUBLISH or SPUBLISH, the sender of the
# parcel, the largest entry that travels in its announcement.
_APPEND = Script("""
local known = redis.call('HGET', KEYS[2], ARGV[2])
if known then return tonumber(known) end
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local seq = 1
if last[1] then seq = tonumber(string.match(last[1][1], '^%d+')) + 1 end
redis.call('XADD', KEYS[1], string.format('%d-0', seq), 'e', ARGV[1], 'i', ARGV[2])
redis.call('HSET', KEYS[2], ARGV[2], seq)
local spare = redis.call('XLEN', KEYS[1]) - tonumber(ARGV[3])
if spare > 0 then
  for _, old in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', math.min(spare, 100))) do
    redis.call('HDEL', KEYS[2], old[2][4])
    redis.call('XDEL', KEYS[1], old[1])
  end
end
local hint = struct.pack('>I8', seq)
if #ARGV[1] <= tonumber(ARGV[7]) then hint = hint .. ARGV[1] end
redis.call(ARGV[5], ARGV[4], ARGV[6] .. struct.pack('>I4', #hint) .. hint)
return seq
""")

# KEYS: stream. ARGV: cursor, limit. Answers with the entries, or the first seq that is kept when the cursor lies
# before it.
_READ = Script("""
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
if not first[1] then return {0, {}} end
local begin = tonumber(string.match(first[1][1], '^%d+'))
local after = tonumber(ARGV[1])
if after + 1 < begin then return {begin, {}} end
local found = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], string.format('%d-0', after + 1), '+', 'COUNT', ARGV[2])) do
  found[#found + 1] = tonumber(string.match(entry[1], '^%d+'))
  found[#found + 1] = entry[2][2]
end
return {0, found}
""")

# KEYS: streams. Answers with the last seq of each; 0 for those that are empty.
_POSITIONS = Script("""
local positions = {}
for index, key in ipairs(KEYS) do
  local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)
  positions[index] = last[1] and tonumber(string.match(last[1][1], '^%d+')) or 0
end
return positions
""")


class LogUnavailable(Unavailable):
    """The log did not answer. An append may have happened: repeat it with the same id."""


class RedisLog:
    """A Log for DurableRooms, which announces what it appends.

    Args:
        prefix: what the names of all keys and channels begin with: the backplane's, or announcements are not heard.
        namespace: the one that its DurableRooms are of: they are told.
        keep: entries a room.
        largest_hint: bytes; larger entries are announced by their number alone.
    """

    def __init__(
        self,
        settings: RedisSettings | None = None,
        *,
        prefix: str = "chorus",
        namespace: str = "/",
        keep: int = 10_000,
        largest_hint: int = 65_536,
    ) -> None:
        self._settings = settings or RedisSettings()
        address = self._settings.address()
        self._clustered = address.topology is Topology.CLUSTER
        self._names = Names(prefix, address.database)
        self._commands = Commands(self._settings)
        self._namespace = namespace
        self._keep = keep
        self._largest_hint = largest_hint

    @property
    def announces_to(self) -> str:
        """The namespace whose DurableRooms are told."""
        return self._namespace

    async def append(self, room: str, entry: bytes, id: str) -> int:  # noqa: A002 - the word of the field
        """Commit an entry, tell its followers everywhere, and give its seq; a known id gives the seq it has.

        Raises:
            LogUnavailable: it may have happened, or not.
        """
        channel = self._channel(room)
        publish = "SPUBLISH" if self._clustered else "PUBLISH"
        seq: int = await self._ask(
            _APPEND,
            keys=(self._names.beside(channel, "/entries"), self._names.beside(channel, "/ids")),
            arguments=(entry, id, self._keep, self._names.wire(channel), publish, FOREIGN, self._largest_hint),
        )
        return seq

    async def read(self, room: str, after: int, limit: int) -> list[Entry]:
        """What follows `after`, at most `limit` entries; EntriesGone when that was cut off."""
        if after >= _GREATEST:
            return []
        key = self._names.beside(self._channel(room), "/entries")
        first, found = await self._ask(_READ, keys=(key,), arguments=(after, limit))
        if first:
            raise EntriesGone(room, after, first)
        return [Entry(seq, data) for seq, data in zip(found[::2], found[1::2], strict=True)]

    async def positions(self, rooms: Collection[str]) -> dict[str, int]:
        """The last seq of each room. In a cluster that is one question a room: each may lie elsewhere."""
        names = list(rooms)
        most = 1 if self._clustered else _ROOMS_AT_ONCE
        some = [names[first : first + most] for first in range(0, len(names), most)]
        found = await asyncio.gather(*(self._positions(part) for part in some))
        return {room: seq for part in found for room, seq in part.items()}

    async def shortcomings(self) -> list[str]:
        """What of the server's configuration makes "durable" less than it says, a line each; none: all is well.

        Raises:
            LogUnavailable: it does not answer, or does not let us ask.
        """
        found: list[str] = []
        for name, wanted in (("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction")):
            try:
                answer: Any = await self._commands.run("CONFIG", "GET", name)
            except BackplaneUnavailable as error:
                raise LogUnavailable(str(error)) from error
            value = answer[1].decode()
            if value != wanted:
                found.append(f"{name} is {value}, expected {wanted}: {_LOST[name]}")
        return found

    async def close(self) -> None:
        """Disconnect."""
        await self._commands.close()

    async def _positions(self, rooms: Sequence[str]) -> dict[str, int]:
        keys = [self._names.beside(self._channel(room), "/entries") for room in rooms]
        return dict(zip(rooms, await self._ask(_POSITIONS, keys=keys), strict=True))

    async def _ask(self, script: Script, *, keys: Sequence[str], arguments: Sequence[Word] = ()) -> Any:
        try:
            return await self._commands.script(script, keys=keys, arguments=arguments)
        except BackplaneUnavailable as error:
            raise LogUnavailable(str(error)) from error

    def _channel(self, room: str) -> str:
        return log_channel(self._namespace, room)

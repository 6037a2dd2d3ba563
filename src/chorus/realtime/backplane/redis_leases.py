"""Which instances live, in Redis: a lease each, and who is still awaited after Redis lost them.

    leases = RedisLeases(commands, names, "7f3a…")
    await leases.renew()               # every second; it runs for LEASE seconds
    await leases.look()                # ["7f3a…", "09bc…"]: whose lease runs; None: not everybody has come back yet
    await leases.give_back()

Theory of operation. All leases stand in one sorted set, by the time at which each ends on the server's clock. Beside it
stands the epoch, which lasts as long as the last of them. When one is taken and there is no epoch, another begins: the
server lost them all, or was away for longer than they run, or nobody was there. An instance remembers the epoch in
which it renewed its lease last, and whom it knew then. When it comes back in a later one, it says in the same script
whom it knew; they are awaited, each until it is back, and nobody for longer than a lease from the beginning of the
epoch: whoever lives has come back by then. Until nobody is awaited no answer is complete, for instances that have just
begun neither; and who has not come back itself does not know, either.

So one that ends in peace or dies is never awaited unless all leases are lost about that time.
"""

from collections.abc import Sequence

from chorus.realtime.backplane.commands import Commands, Script
from chorus.realtime.backplane.directory import LEASE
from chorus.realtime.backplane.names import Names

_NOW = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

# KEYS: leases, epoch, awaited. ARGV: milliseconds, ours, the epoch in which it was renewed last, who was known then.
# Answers as _LOOK. It may run twice.
_RENEW = Script(f"""{_NOW}
local lasts, ours, before = tonumber(ARGV[1]), ARGV[2], ARGV[3]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local epoch = redis.call('GET', KEYS[2])
if not epoch then epoch = string.format('%.0f %s %s', now, t[2], ours) end
if before ~= '' and before ~= epoch then
  for n = 4, #ARGV do
    if not redis.call('ZSCORE', KEYS[1], ARGV[n]) then redis.call('SADD', KEYS[3], ARGV[n]) end
  end
  redis.call('PEXPIREAT', KEYS[3], tonumber(string.match(epoch, '^%d+')) + lasts)
end
redis.call('SREM', KEYS[3], ours)
redis.call('ZADD', KEYS[1], now + lasts, ours)
redis.call('SET', KEYS[2], epoch)
for n = 1, 2 do redis.call('PEXPIRE', KEYS[n], lasts) end
return {{epoch, redis.call('ZRANGE', KEYS[1], 0, -1), redis.call('SMEMBERS', KEYS[3])}}
""")

# KEYS: as _RENEW. Answers with the epoch, the leases that run, and those awaited.
_LOOK = Script(f"""{_NOW}
return {{
  redis.call('GET', KEYS[2]), redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf'), redis.call('SMEMBERS', KEYS[3])
}}
""")

# KEYS: as _RENEW. ARGV: ours.
_GIVE_BACK = Script("""
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
""")


class RedisLeases:
    """One instance's lease, and what it knows of the others'.

    Args:
        identity: tells this process from all others.
    """

    def __init__(self, commands: Commands, names: Names, identity: str) -> None:
        self._commands = commands
        self._keys = [names.beside("directory", suffix) for suffix in ("/leases", "/epoch", "/awaited")]
        self._identity = identity
        self._epoch = b""
        """In which it was renewed last; empty: it was not, or was given back."""
        self._known: set[bytes] = set()
        self.behind = False
        """Whether the last look found an epoch in which it was not renewed yet."""

    async def renew(self) -> None:
        """Have it run for another LEASE seconds.

        Raises:
            BackplaneUnavailable: Redis does not take it; it may run all the same.
        """
        arguments = (round(LEASE * 1000), self._identity, self._epoch, *self._known)
        epoch, running, awaited = await self._commands.script(_RENEW, keys=self._keys, arguments=arguments)
        self._epoch = epoch
        self._known = {*running, *awaited}

    async def look(self) -> Sequence[str] | None:
        """Whose lease runs; None as long as some may live that are not among them, a few seconds at most.

        Raises:
            BackplaneUnavailable: Redis does not answer.
        """
        epoch, running, awaited = await self._commands.script(_LOOK, keys=self._keys)
        self.behind = self._epoch not in (b"", epoch)
        if self.behind:
            return None
        self._known.update(running)  # whoever was seen once is not forgotten with the next loss
        return None if set(awaited) - set(running) else [lease.decode() for lease in running]

    async def give_back(self) -> None:
        """End it now.

        Raises:
            BackplaneUnavailable: Redis does not take it; then it ends by itself.
        """
        self._epoch = b""
        self._known.clear()
        await self._commands.script(_GIVE_BACK, keys=self._keys, arguments=(self._identity,))

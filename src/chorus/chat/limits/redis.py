"""Limits of all instances, in Redis: one key each, by Redis' own clock.

Where that clock is set back, what was taken seems to be more than it can be: then it is forgotten, or who had asked
would be refused until the clock is where it was.

Counting must not hold up what it counts. While Redis is away, or slower than `patience`, each instance counts for
itself, and Redis is asked again after `rest` seconds.
"""

import asyncio
import logging
import time
from typing import Any, Final

from chorus.chat.domain.limits import Limit, Verdict, verdict
from chorus.chat.limits.memory import MemoryLimiter
from chorus.realtime import BackplaneUnavailable, Commands, Script

logger = logging.getLogger(__name__)

_TAKE: Final = Script("""
local interval, burst, taken = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if due > now + burst * interval then due = now end  -- the clock was set back
local after = due + taken * interval
local wait = after - burst * interval - now
if wait > 0 then return {wait, due - now} end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {0, after - now}
""")

_GIVE_BACK: Final = Script("""
local due = tonumber(redis.call('GET', KEYS[1]) or '0')
if due > 0 then redis.call('SET', KEYS[1], string.format('%.0f', due - tonumber(ARGV[1])), 'KEEPTTL') end
return 0
""")

_MICROSECONDS: Final = 1_000_000


class RedisLimiter:
    """Counts for all instances that share a Redis."""

    def __init__(self, commands: Commands, *, patience: float = 0.25, rest: float = 2.0) -> None:
        """Take the way to Redis; `patience` and `rest` in seconds."""
        self._commands = commands
        self._patience = patience
        self._rest = rest
        self._alone = MemoryLimiter()
        self._alone_until = 0.0

    async def take(self, limit: Limit, key: str, *, count: int = 1) -> Verdict:
        """Take one, or `count`, in Redis or here."""
        answer = await self._ask(_TAKE, limit, key, limit.burst, count)
        if answer is None:
            return await self._alone.take(limit, key, count=count)
        wait, ahead = (int(each) / _MICROSECONDS for each in answer)
        return verdict(limit, wait=wait, ahead=ahead)

    async def give_back(self, limit: Limit, key: str) -> None:
        """Have one not count, where it was counted."""
        if await self._ask(_GIVE_BACK, limit, key) is None:
            await self._alone.give_back(limit, key)

    async def close(self) -> None:
        """Disconnect."""
        await self._commands.close()

    async def _ask(self, script: Script, limit: Limit, key: str, *arguments: int) -> Any:
        """The script's answer; None while Redis is not to be asked."""
        if time.monotonic() < self._alone_until:
            return None
        interval = round(limit.interval * _MICROSECONDS)
        try:
            async with asyncio.timeout(self._patience):
                return await self._commands.script(
                    script, keys=[f"chorus:limit:{limit.name}:{key}"], arguments=[interval, *arguments]
                )
        except (BackplaneUnavailable, TimeoutError) as error:
            self._alone_until = time.monotonic() + self._rest
            logger.warning("limits are counted by each instance for itself: %s", str(error) or "Redis is slow")
            return None

"""What every limiter promises, in memory and in Redis. Row 3, row 24."""

import time
import uuid

import pytest

from chorus.chat.domain.limits import Limit
from chorus.chat.limits.memory import MemoryLimiter
from chorus.chat.limits.redis import RedisLimiter
from chorus.realtime import BackplaneUnavailable, Commands, RedisSettings, Script
from waiting import eventually

SLOW = Limit("slow", burst=3, interval=3600.0)
QUICK = Limit("quick", burst=1, interval=0.05)


def in_redis(valkey, **times):
    return RedisLimiter(Commands(RedisSettings(url=valkey.url, max_retries=0)), patience=5.0, **times)


@pytest.fixture(params=["memory", "redis"])
async def limiter(request):
    made = MemoryLimiter() if request.param == "memory" else in_redis(request.getfixturevalue("valkey"))
    yield made
    await made.close()


async def test_so_many_are_allowed_and_the_next_is_not(limiter):
    verdicts = [await limiter.take(SLOW, "ada") for _ in range(4)]

    assert [each.allowed for each in verdicts] == [True, True, True, False]
    assert [each.remaining for each in verdicts] == [2, 1, 0, 0]
    assert 0 < verdicts[-1].retry_after <= 3600


async def test_several_are_taken_at_once_or_none_of_them(limiter):
    verdicts = [await limiter.take(SLOW, "ada", count=count) for count in (2, 2, 1, 1)]

    assert [each.allowed for each in verdicts] == [True, False, True, False]
    assert [each.remaining for each in verdicts] == [1, 1, 0, 0]


async def test_each_key_is_counted_for_itself(limiter):
    for _ in range(3):
        await limiter.take(SLOW, "ada")

    assert (await limiter.take(SLOW, "bob")).allowed
    assert not (await limiter.take(SLOW, "ada")).allowed


async def test_what_is_given_back_may_be_taken_again(limiter):
    for _ in range(3):
        await limiter.take(SLOW, "ada")
    await limiter.give_back(SLOW, "ada")

    assert [(await limiter.take(SLOW, "ada")).allowed for _ in range(2)] == [True, False]


async def test_the_next_is_allowed_when_a_refusal_said_so(limiter):
    await limiter.take(QUICK, "ada")
    refused = await limiter.take(QUICK, "ada")
    deadline = time.monotonic() + max(refused.retry_after, 0.0) + 5

    while not (await limiter.take(QUICK, "ada")).allowed:
        assert time.monotonic() < deadline


async def test_two_instances_count_together(valkey):
    """Row 3: counted in Redis."""
    one, other = in_redis(valkey), in_redis(valkey)

    allowed = [(await each.take(SLOW, "ada")).allowed for each in (one, other, one, other)]

    assert allowed == [True, True, True, False]
    await one.close()
    await other.close()


TAKEN_TOMORROW = Script("""
local clock = redis.call('TIME')
redis.call('SET', KEYS[1], string.format('%.0f', (clock[1] + 86400) * 1000000))
""")


async def test_a_clock_of_redis_that_is_set_back_by_a_day_refuses_nobody_for_a_day(valkey):
    commands = Commands(RedisSettings(url=valkey.url, max_retries=0))
    limiter = RedisLimiter(commands, patience=5.0)
    await commands.script(TAKEN_TOMORROW, keys=["chorus:limit:slow:ada"], arguments=[])

    verdicts = [await limiter.take(SLOW, "ada") for _ in range(4)]

    assert [each.allowed for each in verdicts] == [True, True, True, False]
    assert verdicts[-1].retry_after <= 3600
    await limiter.close()


class Away:
    """The way to a Redis that is away."""

    def __init__(self):
        self.asked = 0

    async def script(self, script, *, keys, arguments):
        self.asked += 1
        raise BackplaneUnavailable("away")


async def test_a_redis_that_is_away_is_not_asked_for_everything_that_is_counted():
    """Row 21: counting must not hold up what it counts."""
    way = Away()
    limiter = RedisLimiter(way, rest=3600.0)

    allowed = [(await limiter.take(SLOW, "ada")).allowed for _ in range(3)]
    await limiter.give_back(SLOW, "ada")

    assert (allowed, way.asked) == ([True] * 3, 1)
    assert [(await limiter.take(SLOW, "ada")).allowed for _ in range(2)] == [True, False]


async def test_without_redis_each_instance_counts_for_itself_and_with_it_they_count_together_again(valkey):
    """Row 21: Redis away, and back."""
    limiter, other = in_redis(valkey, rest=0.05), in_redis(valkey)
    valkey.stop()

    allowed = [(await limiter.take(SLOW, "ada")).allowed for _ in range(4)]

    assert allowed == [True, True, True, False]
    valkey.start()

    async def together():
        somebody = str(uuid.uuid4())
        await limiter.take(SLOW, somebody)
        return (await other.take(SLOW, somebody)).remaining == 1

    await eventually(together, what="what one takes to count for the other")
    await limiter.close()
    await other.close()


async def test_memory_forgets_the_keys_used_longest_ago():
    limiter = MemoryLimiter(most=2)
    for key in ("ada", "ada", "ada", "bob", "eve"):
        await limiter.take(SLOW, key)

    assert (await limiter.take(SLOW, "ada")).remaining == 2


async def test_memory_keeps_a_key_that_is_used_again():
    limiter = MemoryLimiter(most=2)
    for key in ("ada", "bob", "ada", "eve"):
        await limiter.take(SLOW, key)

    assert [(await limiter.take(SLOW, key)).remaining for key in ("ada", "bob")] == [0, 2]

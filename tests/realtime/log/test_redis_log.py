"""What is peculiar to the log in Redis: it announces by itself, says what its server lacks, and outlives it."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import redis

from chorus.realtime import (
    DurableRooms,
    DurableSettings,
    LogUnavailable,
    MemoryBackplane,
    RedisBackplane,
    RedisLog,
    RedisSettings,
    UsageError,
)
from chorus.realtime.log.contract import Entry
from parts.ports import free_port
from parts.stage import FakeClient, FakeStage
from waiting import eventually


@pytest.fixture
async def log(valkey) -> AsyncIterator[RedisLog]:
    log = RedisLog(RedisSettings(url=valkey.url))
    yield log
    await log.close()


@pytest.fixture
async def follower(valkey, log) -> AsyncIterator[FakeClient]:
    """A client that follows a room; positions are compared too rarely to help."""
    backplane = RedisBackplane(RedisSettings(url=valkey.url))
    await backplane.start()
    durable = DurableRooms(FakeStage(backplane), log, settings=DurableSettings(interval=600))
    client = FakeClient(durable._namespace)
    await durable.follow(client, "room {7}")
    yield client
    await durable.close()
    await backplane.close()


async def test_followers_hear_of_an_entry_that_nobody_else_announced(log, follower):
    await log.append("room {7}", b"1", id="a")
    await log.append("room {7}", b'"x"', id="b")

    await eventually(lambda: follower.seen == [b"1", b'"x"'])


async def test_a_large_entry_is_announced_by_its_number_and_read(log, follower):
    large = json.dumps("x" * 100_000).encode()
    await log.append("room {7}", large, id="a")

    await eventually(lambda: follower.seen == [large])


async def test_a_repeated_append_is_announced_once(log, follower):
    for _ in range(3):
        assert await log.append("room {7}", b"1", id="a") == 1
    await log.append("room {7}", b"2", id="b")

    await eventually(lambda: follower.seen == [b"1", b"2"])


async def test_the_server_may_be_killed_and_nothing_that_was_appended_is_gone(log, valkey):
    valkey.answer_when_on_disk()
    for number in range(100):
        await log.append("red", b"%d" % number, id=str(number))
    valkey.kill()
    await asyncio.to_thread(valkey.start)

    assert len(await log.read("red", 0, 1000)) == 100
    assert await log.append("red", b"99", id="99") == 100
    assert await log.append("red", b"new", id="new") == 101


async def test_rooms_of_a_namespace_that_the_log_does_not_tell_are_refused():
    stage = FakeStage(MemoryBackplane())
    stage.name = "/news"

    with pytest.raises(UsageError, match="give it namespace='/news'"):
        DurableRooms(stage, RedisLog())
    DurableRooms(stage, RedisLog(namespace="/news"))


async def test_a_log_that_is_away_says_so():
    log = RedisLog(RedisSettings(host="127.0.0.1", port=free_port(), max_retries=0))

    with pytest.raises(LogUnavailable, match="REDIS_HOST"):
        await log.append("red", b"1", id="a")
    await log.close()


async def test_what_makes_it_less_durable_is_told(log, valkey):
    with redis.Redis(unix_socket_path=str(valkey.path)) as control:
        control.config_set("appendfsync", "everysec")
        assert await log.shortcomings() == [
            (
                "appendfsync is everysec, expected always: entries of up to two seconds are gone with the machine, or "
                "with the server's process while its disk is slow, and their numbers are given again"
            )
        ]

        control.config_set("appendfsync", "always")
        try:
            assert await log.shortcomings() == []
        finally:
            control.config_set("appendfsync", "everysec")


async def test_databases_of_one_server_have_different_logs(log, valkey):
    other = RedisLog(RedisSettings(url=f"{valkey.url}?db=3"))
    await log.append("red", b"1", id="a")

    assert await other.append("red", b"2", id="b") == 1
    assert await log.read("red", 0, 10) == [Entry(1, b"1")]
    await other.close()

"""The directory in Redis, beside what the suite of the directories asks of it."""

import asyncio
import threading

import pytest

from chorus.realtime.backplane import redis_directory
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.names import Names
from chorus.realtime.backplane.redis_directory import RedisDirectory


class Swallowing:
    """Commands that take their cancellation for a server that does not answer, as a library may."""

    def __init__(self):
        self.asked = asyncio.Event()

    async def script(self, script, *, keys, arguments=()):
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise BackplaneUnavailable("no answer") from None


def test_a_directory_that_nobody_closes_does_not_keep_its_event_loop_from_ending():
    """Also where its cancellation is swallowed below it; what ends a loop waits for all tasks."""

    ended = threading.Event()

    async def begin():
        commands = Swallowing()
        RedisDirectory(commands, Names("chorus", 0), "one").start()
        await asyncio.wait_for(commands.asked.wait(), 10)

    def run():
        asyncio.run(begin())
        ended.set()

    threading.Thread(target=run, daemon=True).start()

    assert ended.wait(20)


class Forgetful:
    """Commands to a server that has another epoch whenever it is asked."""

    def __init__(self):
        self.epoch = 0

    async def script(self, script, *, keys, arguments=()):
        self.epoch += 1
        return b"%d" % self.epoch, [b"one", b"other"], []


async def test_whoever_asks_a_server_that_loses_everything_again_and_again_is_told_so(monkeypatch):
    """An error after a while: neither half an answer nor none for ever."""
    monkeypatch.setattr(redis_directory, "_PATIENCE", 0.2)
    directory = RedisDirectory(Forgetful(), Names("chorus", 0), "one")
    await directory._leases.renew()

    async with asyncio.timeout(20):
        with pytest.raises(BackplaneUnavailable, match=r"lost who is where, .* within 0\.2 s"):
            await directory.find("people", ["red"])

"""The directory in Redis, beside what the suite of the directories asks of it."""

import asyncio
import threading

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

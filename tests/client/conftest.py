"""An instance of the chat, its owner, and bots that run in the test's own loop."""

import asyncio
import contextlib

import pytest

from chorus.client import Bot, ClientError
from parts.bots import make_bot, make_token
from parts.databases import fresh_sqlite
from parts.instance import Instance


@pytest.fixture
def environment(home, tmp_path):
    return {
        "CHORUS_HOME": str(home),
        "DATABASE_URL": fresh_sqlite(tmp_path),
        "SOCKET_IO_REDIS_ADAPTER": "false",
        "CHORUS_RATE_LIMIT": "0",  # whoever waits for what a bot says asks often
    }


@pytest.fixture
async def instance(environment):
    async with Instance(0, **environment) as running:
        yield running


@pytest.fixture
async def ada(instance):
    """The owner."""
    return await instance.sign_up()


@pytest.fixture
async def secret(ada):
    """The token of a bot in general."""
    _, secret = await make_token(ada, await make_bot(ada, "helper", 1), "read", "send", "react", "people")
    return secret


@pytest.fixture
async def running():
    """Have a bot run until the test ends."""
    tasks = []

    async def run(bot: Bot) -> asyncio.Task[None]:
        task = asyncio.create_task(bot.run())
        tasks.append(task)
        ready = asyncio.create_task(bot.ready.wait())
        await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED, timeout=20)
        assert bot.ready.is_set(), task
        return task

    yield run
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, ClientError):
            await task

"""Backplanes on a real Valkey."""

from collections.abc import AsyncIterator, Callable

import pytest
import redis

from chorus.realtime.backplane.commands import Commands
from chorus.realtime.backplane.redis import RedisBackplane
from chorus.realtime.backplane.settings import RedisSettings


@pytest.fixture
async def start() -> AsyncIterator[Callable[[RedisSettings], RedisBackplane]]:
    """Starts backplanes and closes them again."""
    started: list[RedisBackplane] = []

    async def start(settings: RedisSettings) -> RedisBackplane:
        backplane = RedisBackplane(settings)
        started.append(backplane)
        await backplane.start()
        return backplane

    yield start
    for backplane in started:
        await backplane.close()


@pytest.fixture
async def commands(valkey) -> AsyncIterator[Commands]:
    """A way for commands to the server."""
    commands = Commands(RedisSettings(url=valkey.url))
    yield commands
    await commands.close()


@pytest.fixture
def control(valkey) -> redis.Redis:
    """A plain connection to the server."""
    with redis.Redis(unix_socket_path=str(valkey.path)) as client:
        yield client

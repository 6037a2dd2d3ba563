"""What the environment says of Redis, as the library that speaks to it wants it."""

import os

from chorus.entry.settings import Problem, Redis, SettingsError
from chorus.realtime.backplane.settings import RedisSettings

BUNDLED_RETRIES = 50
"""The bundled Valkey starts beside us: so many attempts, 0.1 s apart."""


def is_away(redis: Redis) -> bool:
    """Whether the bundled Valkey is the one that is meant, and does not run: its socket is not there.

    Raises:
        SettingsError: as `redis_settings`.
    """
    return redis.bundled and not os.path.exists(redis_settings(redis).address().place)


def redis_settings(redis: Redis) -> RedisSettings:
    """The same, for an instance that starts.

    Raises:
        SettingsError: REDIS_URL cannot be used.
    """
    settings = RedisSettings(
        host=redis.host,
        port=redis.port,
        password=redis.password,
        database=redis.database,
        url=redis.url or None,
        retry_delay=redis.retry_delay,
        max_retries=max(redis.max_retries, BUNDLED_RETRIES) if redis.bundled else redis.max_retries,
        lazy_connect=redis.lazy_connect,
        keep_alive=redis.keep_alive,
        connect_timeout=redis.connect_timeout,
        command_timeout=redis.command_timeout,
    )
    try:
        settings.address()
    except ValueError as error:
        found, _, expected = str(error).removeprefix("REDIS_URL: found ").partition(", expected ")
        raise SettingsError([Problem("REDIS_URL", found, expected)]) from error
    return settings

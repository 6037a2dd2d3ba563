"""Ways to a real Valkey, and what a backplane has there."""

from chorus.realtime.backplane.redis import RedisBackplane
from chorus.realtime.backplane.session import Session
from chorus.realtime.backplane.settings import RedisSettings
from parts.valkey import Valkey


def over_tcp(valkey: Valkey, **more: object) -> RedisSettings:
    return RedisSettings(host=valkey.host, port=valkey.port, **more)


def session_of(backplane: RedisBackplane) -> Session:
    """The one with its one server."""
    (only,) = backplane._shards.values()
    return only.session

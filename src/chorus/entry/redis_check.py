"""`chorus redis`: is Redis there, and how fast does it answer."""

import os
import time
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import redis

from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.product import Context, Service
from chorus.entry.settings import Redis, SettingsError, from_environment


def run(context: Context) -> int:
    """Ask Redis once, as an instance would."""
    try:
        settings = from_environment({**context.environment, "CHORUS_HOME": context.home.path}).redis
    except SettingsError as error:
        first, *others = [str(problem) for problem in error.problems]
        raise CommandFailed(first, others) from error

    try:
        found = _ask(settings)
    except redis.RedisError as error:
        raise CommandFailed(f"Redis at {place(settings)} does not answer: {error}", [_hint(settings)]) from error
    context.terminal.say(f"{found.name} at {place(settings)} answers in {found.latency:.1f} ms")
    return OK


def services(context: Context) -> list[Service]:
    """How Redis is, for the monitor; nothing where this shell's environment does not say which one is meant."""
    try:
        settings = from_environment({**context.environment, "CHORUS_HOME": context.home.path}).redis
    except SettingsError:  # `chorus redis` says what is wrong with it; a monitor of other applications need not
        return []
    if settings.bundled and not os.path.exists(settings.url.removeprefix("unix://")):
        return []
    try:
        found = _ask(settings)
    except redis.RedisError:
        return [Service(well=False, text=f"Redis at {place(settings)} does not answer")]
    return [Service(well=True, text=f"{found.name}  {found.latency:.1f} ms")]


def place(settings: Redis) -> str:
    """Where Redis is, without its password."""
    if not settings.url:
        return f"{settings.host}:{settings.port}"
    parts = urlsplit(settings.url)
    return unquote(parts.path) if parts.scheme == "unix" else f"{parts.hostname}:{parts.port or 6379}"


class _Found(NamedTuple):
    name: str
    """With its version."""

    latency: float
    """Milliseconds."""


def _ask(settings: Redis) -> _Found:
    """Ask once. Raises redis.RedisError."""
    with _client(settings) as client:
        before = time.monotonic()
        client.ping()
        latency = (time.monotonic() - before) * 1000
        facts: dict[str, Any] = client.info("server")
    name = "Valkey" if "valkey_version" in facts else "Redis"
    return _Found(f"{name} {facts.get('valkey_version') or facts.get('redis_version')}", latency)


def _client(settings: Redis) -> Any:
    """A client; its own annotations are partial, so it is used without."""
    client: Any = redis.Redis
    options: dict[str, Any] = {
        "db": settings.database,
        "password": settings.password or None,
        "socket_connect_timeout": settings.connect_timeout,
        "socket_timeout": settings.command_timeout,
    }
    if settings.url:
        return client.from_url(settings.url, **options)
    return client(host=settings.host, port=settings.port, **options)


def _hint(settings: Redis) -> str:
    if settings.bundled:
        return "This is the bundled Valkey; it runs after: chorus start"
    return "REDIS_URL points there" if settings.url else "REDIS_HOST and REDIS_PORT point there"

"""`chorus redis`: is Redis there, and how fast does it answer."""

import asyncio
import time
from typing import Final, NamedTuple

from chorus.cluster.cli import answer
from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.product import Context, Service
from chorus.entry.checked_settings import refusal
from chorus.entry.commands.meant import Meant, find_meant
from chorus.entry.redis_settings import is_away, redis_settings
from chorus.entry.settings import Redis, SettingsError, from_environment
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.layout import find_layout
from chorus.realtime.backplane.link import ask_once
from chorus.realtime.backplane.settings import RedisSettings

_NAMED_BY: Final = ("REDIS_HOST", "REDIS_PORT", "REDIS_URL")

_NEXT_STEP: Final = "This is the bundled Valkey; it runs after: chorus start"


def run(context: Context) -> int:
    """Ask Redis once, as an instance would."""
    meant = find_meant(context, named_by=_NAMED_BY)
    try:
        found = _ask(_settings(context, meant))
    except SettingsError as error:
        raise refusal(error) from error
    except BackplaneUnavailable as error:
        raise CommandFailed(
            str(error), [] if meant.running or any(map(context.environment.get, _NAMED_BY)) else [_NEXT_STEP]
        ) from error
    text = "\n".join(f"{each.name} at {each.place} answers in {each.latency:.1f} ms" for each in found)
    servers = [{"name": each.name, "at": each.place, "milliseconds": round(each.latency, 3)} for each in found]
    answer.tell(context, text, changed=False, servers=servers)
    return OK


def services(context: Context) -> list[Service]:
    """How Redis is, for the monitor; nothing where this shell's environment does not say which one is meant."""
    try:
        settings = _settings(context, find_meant(context, named_by=_NAMED_BY))
        if is_away(settings):
            return []
    except SettingsError:  # `chorus redis` says what is wrong with it; a monitor of other applications need not
        return []
    try:
        found = _ask(settings)
    except (BackplaneUnavailable, SettingsError) as error:
        return [Service(well=False, text=str(error))]
    return [Service(well=True, text=f"{each.name}  {each.latency:.1f} ms") for each in found]


class _Found(NamedTuple):
    name: str
    """With its version."""

    place: str
    latency: float
    """Milliseconds."""


def _ask(settings: Redis) -> list[_Found]:
    """Ask each server once: the master that sentinels name, every master of a cluster.

    Raises:
        BackplaneUnavailable: one does not answer.
    """
    return asyncio.run(_ask_all(redis_settings(settings)))


async def _ask_all(settings: RedisSettings) -> list[_Found]:
    layout = await find_layout(settings)
    found: list[_Found] = []
    for place in layout.places:
        before = time.monotonic()
        _, facts = await ask_once(place.address, settings, (b"PING",), (b"INFO", b"server"))
        latency = (time.monotonic() - before) * 1000
        found.append(_Found(_name(facts), place.address.place, latency))
    return found


def _name(facts: object) -> str:
    lines = facts.decode().splitlines() if isinstance(facts, bytes) else []
    values = dict(line.split(":", 1) for line in lines if ":" in line)
    name = "Valkey" if "valkey_version" in values else "Redis"
    return f"{name} {values.get('valkey_version') or values.get('redis_version', '')}".strip()


def _settings(context: Context, meant: Meant) -> Redis:
    """Raises: SettingsError."""
    return from_environment({**meant.variables, "CHORUS_HOME": context.home.path}).redis

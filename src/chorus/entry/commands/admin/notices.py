"""Telling a chat that runs what was done to its database: what ends, ends at once.

Where it cannot be told, its instances find out by themselves, within two minutes at most.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from chorus.chat.live.announcements import NOTICES, Notice, encode_notice
from chorus.entry.redis_settings import is_away, redis_settings
from chorus.entry.settings import Settings, SettingsError
from chorus.realtime import BackplaneUnavailable, RedisBackplane


async def tell(settings: Settings, notices: Sequence[Notice]) -> bool:
    """Tell every instance; whether Redis took it."""
    redis = settings.redis
    if not notices or not redis.adapter:
        return False
    try:
        if is_away(redis):
            return False
        backplane = RedisBackplane(replace(redis_settings(redis), max_retries=0, lazy_connect=False))
        try:
            await backplane.start()
            for notice in notices:
                backplane.publish(NOTICES, encode_notice(notice))
        finally:
            await backplane.close()
    except (BackplaneUnavailable, SettingsError):
        return False  # the caller says how long it takes then
    return True

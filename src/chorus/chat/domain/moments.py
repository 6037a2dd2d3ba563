"""Wall time as people and programs read it. Pure."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated

import msgspec

Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""Wall time for people: RFC 3339 in UTC with milliseconds, "2026-11-23T16:00:00.123Z"."""


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC throughout; without it the offset need not be cut off again


def moment(milliseconds: int) -> Moment:
    """Wall milliseconds since 1970 as people and programs read them."""
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    return f"{_minute(minutes)}:{second:02}.{rest:03}Z"


@lru_cache(1024)
def _minute(minutes: int) -> str:
    """Of messages that are read or written together many are of one minute."""
    return (_EPOCH + timedelta(minutes=minutes)).isoformat(timespec="minutes")


def milliseconds(at: Moment) -> int:
    """The reverse of `moment`."""
    return (datetime.fromisoformat(at.removesuffix("Z")) - _EPOCH) // timedelta(milliseconds=1)

"""The zone of this machine's people, summer and winter: what TZ or /etc/localtime says.

    now = datetime.now(LOCAL)

`datetime.astimezone()` gives the offset of one moment, and whatever is reckoned from that stands an hour beside the
clock once it was changed. This one asks for each moment anew; of an hour that comes twice it tells which (`fold`).
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final


class _Local(tzinfo):
    def utcoffset(self, dt: datetime | None, /) -> timedelta | None:
        if dt is None:
            return None
        naive = dt.replace(tzinfo=None, microsecond=0)
        # Not by `astimezone`: for a time that is left out it gives the offset after it, on 3.12 and later.
        return naive.replace(tzinfo=UTC, fold=0) - datetime.fromtimestamp(naive.timestamp(), UTC)

    def dst(self, dt: datetime | None, /) -> timedelta | None:
        return None

    def tzname(self, dt: datetime | None, /) -> str | None:
        return None if dt is None else dt.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, dt: datetime, /) -> datetime:
        there = dt.replace(tzinfo=UTC).astimezone()
        first = there.replace(tzinfo=self, fold=0)
        return first if self.utcoffset(first) == there.utcoffset() else first.replace(fold=1)


LOCAL: Final = _Local()

"""The names of log files that rotation put aside: those of the file, with the time in the middle.

    name("/srv/logs/out.log", 1795449600.123)       # "/srv/logs/out-20261123T160000.123.log"; compressed, with .gz

The time is that of the rotation, so no line in the file is younger; the names of one log sort by time. While a clock
that was set back is behind the newest of them, it is a moment after that one: names are in the order of the files, or
retention would remove the newest ones. Pure: no I/O.
"""

import os.path
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

COMPRESSED = ".gz"
_STAMP = re.compile(r"-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2}\.\d{3})")


def name(path: str, at: float, names: Iterable[str] = ()) -> str:
    """What the file at a path is called when it is put aside, at this wall time in seconds; `names`: in its folder."""
    base, suffix = os.path.splitext(path)
    moment = datetime.fromtimestamp(at, UTC)
    for each in reversed(of(path, names)):
        try:
            moment = max(moment, datetime.fromisoformat(stamp(path, each)) + timedelta(milliseconds=1))
        except (ValueError, OverflowError):  # digits that are no time: none of ours
            continue
        break
    return f"{base}-{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03}{suffix}"


def of(path: str, names: Iterable[str]) -> list[str]:
    """Of the names in its folder those that were put aside of this log, oldest first.

    While one is compressed it may be there twice, with and without .gz: both are in the list.
    """
    return sorted(each for each in names if _match(path, each) is not None)


def stamp(path: str, each: str) -> str:
    """When one of them was put aside, as the keeper writes times: "2026-11-23T16:00:00.123Z".

    Raises:
        ValueError: it is none of them.
    """
    match = _match(path, each)
    if match is None:
        raise ValueError(f"{each} is no earlier file of {path}")
    year, month, day, hour, minute, second = match.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"


def _match(path: str, each: str) -> "re.Match[str] | None":
    base, suffix = os.path.splitext(os.path.basename(path))
    stem = each.removesuffix(COMPRESSED).removesuffix(suffix)
    return _STAMP.fullmatch(stem, len(base)) if stem.startswith(base) else None

"""Values as a document writes them, read as what they mean: durations, sizes, schedules, addresses.

    read("1m", "seconds")         # 60.0
    read("512M", "bytes")         # 536870912
    read("localhost", "host")     # itself; what is no address is refused

The second word is what a declaration says under "reads" in the extra of its Meta.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from cronsim import CronSim, CronSimError

_DURATION: Final = re.compile(r"^(\d{1,15}(?:\.\d{1,15})?)\s*(ms|s|m|h)?$")
_SIZE: Final = re.compile(r"^(\d{1,15}(?:\.\d{1,15})?)\s*([KMGkmg])?(?:i?[Bb])?$")
_VARIABLE: Final = re.compile(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
_BYTES: Final = {"K": 1024, "M": 1024**2, "G": 1024**3, None: 1}


def read(value: Any, reads: str | None) -> Any:
    """A value that is written as text as what it means; every other value as it is.

    Raises:
        ValueError: it means nothing; the text is what was expected.
    """
    reader = _READERS.get(reads or "")
    return reader(value) if reader is not None and isinstance(value, str) else value


def _duration(text: str) -> float:
    if not (match := _DURATION.match(text)):
        raise ValueError('seconds, or a duration such as "500ms", "10s", "5m", "1h"')
    return float(match[1]) * _SECONDS[match[2]]


def _size(text: str) -> int:
    if not (match := _SIZE.match(text)):
        raise ValueError('bytes, or a size such as "512M", "1G"')
    return int(float(match[1]) * _BYTES[match[2].upper() if match[2] else None])


def _cron(text: str) -> str:
    """The same, when it names times there are."""
    try:
        next(CronSim(text, datetime(2000, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        why = f"{error}".removeprefix("Bad ") or "a time that never comes"
        raise ValueError(f'five fields as crontab has them, such as "0 3 * * *" (wrong: {why})') from error
    return text


def _host(text: str) -> str:
    if text != "localhost":
        ipaddress.ip_address(text)
    return text


def _url(text: str) -> str:
    """The same, when it has a host and a port there can be; variables stand for numbers."""
    found = urlsplit(_VARIABLE.sub("1", text))
    if not text.startswith("$") and (not found.hostname or found.port == 0):
        raise ValueError("an address with a host")
    return text


def _place(text: str) -> str:
    """The same, when it is no number that is no port."""
    if text.lstrip("-").isdigit() and not 1 <= int(text[:7]) <= 65535:
        raise ValueError("a port from 1 to 65535")
    return text


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "seconds": _duration, "bytes": _size, "cron": _cron, "host": _host, "url": _url, "place": _place,
}  # fmt: skip

"""Whether a process that is to give signs of life has stopped giving them: pure, one look at a time.

    watch = begin(allowed=25.0)
    watch, verdict = look(watch, signs=1, lateness=0.0)

Silence is counted in looks, and a look that comes late counts for nothing: whoever looks did not run itself, because
the machine was suspended or had no time, and what it would have heard may be on its way.
"""

from enum import Enum
from typing import NamedTuple

LOOKS = 5
"""Looks in the time that is allowed."""

UNTIL_FIRST = 12
"""Looks until the first sign: a start on a busy machine takes its time."""


class Verdict(Enum):
    """What is to be done."""

    WAIT = "wait"
    ABORT = "have it say where it hangs, and end"
    KILL = "end it"


class Watch(NamedTuple):
    """What was seen so far."""

    every: float
    """Seconds between two looks."""

    heard: bool = False
    silent: int = 0
    """Looks in a row that found no sign."""

    @property
    def silence(self) -> float:
        """Seconds without a sign, as far as they count."""
        return self.silent * self.every


def begin(allowed: float) -> Watch:
    """Watch a process that may be silent for so many seconds."""
    return Watch(allowed / LOOKS)


def look(watch: Watch, *, signs: int, lateness: float) -> tuple[Watch, Verdict]:
    """Look once: `signs` came since the last look, and this look is `lateness` seconds after its time."""
    if signs or lateness > watch.every:
        return watch._replace(silent=0, heard=watch.heard or signs > 0), Verdict.WAIT
    watch = watch._replace(silent=watch.silent + 1)
    most = LOOKS if watch.heard else UNTIL_FIRST
    if watch.silent < most:
        return watch, Verdict.WAIT
    return watch, Verdict.ABORT if watch.silent == most else Verdict.KILL

"""How long to wait before the next attempt. Pure: chance comes in as an argument.

    wait(0, chance=random.random())                     # up to half a second
    wait(9, chance=random.random(), asked=12.0)         # what the server asked for, and a little more

Each wait is anything up to a bound that doubles, so that many clients that lost one server do not come back at once.
"""

FIRST = 0.5
"""Seconds: the bound before the second attempt."""

LONGEST = 30.0
"""Seconds: where the bound ends."""


def wait(failures: int, *, chance: float, asked: float = 0.0) -> float:
    """Seconds to wait after so many failures in a row, the last one not counted.

    Args:
        failures: from 0 on.
        chance: 0 to 1.
        asked: seconds that the server asked for (`Retry-After`); never less is waited.
    """
    bound = min(LONGEST, FIRST * 2 ** min(failures, 16))
    return asked + chance * (min(FIRST, bound) if asked else bound)


def retry_after(field: str | None) -> float:
    """The seconds in a `Retry-After` header; 0 where there are none, or a date."""
    try:
        seconds = float(field or 0)
    except ValueError:  # a date: the server of ours never sends one
        return 0.0
    return seconds if 0 <= seconds <= 3600 else 0.0

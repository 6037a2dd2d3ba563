"""How long what is said is kept. Pure."""

from chorus.chat.domain.errors import Invalid

LONGEST = 36_500
"""Days."""

DAY = 24 * 60 * 60 * 1000
"""Milliseconds."""


def check_days(days: int) -> int:
    """Return how many days messages are kept; 0: for ever.

    Raises:
        Invalid: below 0, or above a hundred years.
    """
    if not 0 <= days <= LONGEST:
        raise Invalid(f"days: found {days}, expected 1 to {LONGEST}, or 0 for ever")
    return days


def believed(now: int, *, before: int) -> int:
    """Up to which time what is too old may go, by a clock that says `now` and had said `before` at the last look.

    What goes is gone for good, so of a clock that jumped ahead a day is believed, and the rest at the next look: a
    machine whose clock is wrong when it starts has until then to put it right. All are milliseconds since 1970;
    `before` is 0 at the first look of all.
    """
    return min(now, before + DAY) if before else now

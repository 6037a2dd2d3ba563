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

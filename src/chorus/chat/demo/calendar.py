"""When people talk: on working days, most between nine and five, a little in the evening and at weekends."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

HOURS = (
    0.02, 0.01, 0.0, 0.0, 0.01, 0.03, 0.1, 0.4, 1.4, 3.0, 3.3, 2.9, 1.5, 2.2, 3.0, 2.9, 2.3, 1.2, 0.5, 0.3, 0.25, 0.2,
    0.1, 0.05,
)  # fmt: skip
"""How much is said in each hour of a working day (UTC), in proportion."""

WEEKEND = 0.05
"""Of what is said on a working day."""

SHORTEST, LONGEST = 5, 120
"""Days that the talk goes back."""

EACH_A_DAY = 6
"""Messages of one person, about."""


def span(messages: int, people: int) -> int:
    """Over how many days so many people say so much."""
    return max(SHORTEST, min(LONGEST, messages // (people * EACH_A_DAY)))


class Calendar:
    """The hours before a moment, each as likely as something is said in it."""

    def __init__(self, until: int, days: int) -> None:
        """Args: until: milliseconds since 1970; nothing is said after it. days: how far back."""
        last = datetime.fromtimestamp(until / 1000, UTC).replace(minute=0, second=0, microsecond=0)
        hours = [last - timedelta(hours=back) for back in range(days * 24)]
        self._until = until
        self._begins = [int(hour.timestamp() * 1000) for hour in reversed(hours)]
        self._weights = list(accumulate(_weight(hour) for hour in reversed(hours)))

    @property
    def first(self) -> int:
        """Milliseconds since 1970: before anything is said."""
        return self._begins[0]

    def moment(self, random: Random) -> int:
        """One moment, milliseconds since 1970."""
        (begin,) = random.choices(self._begins, cum_weights=self._weights)
        return begin + random.randrange(min(3_600_000, max(1, self._until - begin)))


def _weight(hour: datetime) -> float:
    return HOURS[hour.hour] * (WEEKEND if hour.weekday() >= 5 else 1.0) + 0.001

"""What is done to the cluster, and when: made of the options and a seed, the same each time. Pure.

for blow in blows(Options(seconds=60), random.Random(7).random):
    ...                       # Blow(at=2.0, what=What.WORKER, pick=0.71), Blow(at=4.0, …)
"""

from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec


class What(StrEnum):
    """Who is hit, or what is asked for."""

    WORKER = "worker"
    """`kill -9` of one that serves."""

    MANAGER = "manager"
    """`kill -9`."""

    REDIS = "Redis"
    """`kill -9`, and started again after a second."""

    POSTGRES = "PostgreSQL"
    """Restarted in the mode "immediate": no checkpoint, no good-bye, recovery from its log."""

    RELOAD = "reload"
    """`chorus reload`, once, in the middle."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is like."""

    seconds: int = 180
    """How long it lasts, without what comes before and after."""

    clients: int = 200
    channels: int = 20
    memberships: int = 2
    """Channels that each client is in and sends to."""

    instances: int = 4
    worker_every: float = 2.0
    """Seconds between two kills of a worker; the same for the others. 0: never."""

    manager_every: float = 20.0
    redis_every: float = 30.0
    postgres_every: float = 60.0
    seed: int = 0


class Blow(msgspec.Struct, frozen=True):
    """One thing to do."""

    at: float
    """Seconds after the beginning."""

    what: What
    pick: float
    """0 to 1: which one of several."""


def blows(options: Options, random: Callable[[], float]) -> Iterator[Blow]:
    """In the order of their times. The last second is left alone, and a run too short for an interval is hit once."""
    times: list[tuple[float, What]] = []
    for what, every in _intervals(options):
        end = options.seconds - 1.0
        due = min(every, options.seconds / 2)
        while every > 0 and due <= end:
            times.append((due, what))
            due += every
    times.append((options.seconds / 2 + 0.5, What.RELOAD))
    for at, what in sorted(times):
        yield Blow(at, what, random())


def _intervals(options: Options) -> list[tuple[What, float]]:
    return [
        (What.WORKER, options.worker_every),
        (What.MANAGER, options.manager_every),
        (What.REDIS, options.redis_every),
        (What.POSTGRES, options.postgres_every),
    ]

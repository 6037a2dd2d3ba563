"""Who takes the next connection: workers that share a listening socket let a less busy one go first.

The system wakes all of them and gives the connection to whoever asks first, mostly the same one: left alone, four
workers get 0, 1, 6 and 1993 of 2,000 connections. So a worker that has more live connections than the least busy one
steps back for PATIENCE, once, and then takes the connection if it is still there. Standing back is bounded and silent
workers do not count, so a hung or killed worker delays a connection by a few milliseconds and never keeps it.

Every worker has a cell in a page of shared memory (CHORUS_LOAD_FD), at CHORUS_LOAD_SLOT × 32 bytes:

    bytes 0 to 7     live connections, those being accepted included        native signed 64 bit integer
    bytes 8 to 15    heartbeat: monotonic milliseconds, 0 when not accepting      likewise
    bytes 16 to 23   lag: microseconds the latest of the last heartbeats came late      likewise, for the manager
    bytes 24 to 31   nothing yet

A worker writes its own cell only; cells are aligned, so no lock is needed.
"""

from collections.abc import Iterable
from typing import NamedTuple

PATIENCE = 0.004
"""Seconds a worker stands back."""

SLACK = 1
"""Connections more than the least busy worker's that are still fine."""

SILENT_AFTER = 1000
"""Milliseconds without a heartbeat after which a worker is not waited for."""

HEARTBEAT = 0.25
"""Seconds between two heartbeats."""

CELL = 32
"""Bytes of a worker's cell."""

LATEST_BEATS = 5
"""Heartbeats whose delay counts as the lag: more than fall between two looks of the manager, once a second."""


class Cell(NamedTuple):
    """What a worker shows the others."""

    connections: int
    heartbeat: int
    """Monotonic milliseconds; 0 while it does not accept."""

    lag: int = 0
    """Microseconds by which the event loop was late, at most, of late."""


def least_busy(others: Iterable[Cell], *, now: int) -> int | None:
    """The fewest connections any other worker has that accepts and was heard of; None when there is no such worker.

    `now` is in monotonic milliseconds.
    """
    heard = (cell.connections for cell in others if cell.heartbeat and now - cell.heartbeat <= SILENT_AFTER)
    return min(heard, default=None)


def steps_back(mine: int, others: Iterable[Cell], *, now: int) -> bool:
    """Whether a worker with `mine` connections leaves the one that waits to the others for PATIENCE.

    Afterwards it takes the connection without asking again, when it is still there.
    """
    least = least_busy(others, now=now)
    return least is not None and mine > least + SLACK

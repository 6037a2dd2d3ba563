"""Who is where, on all instances: what each instance tells of itself, for as long as its lease runs.

    note = directory.declare("0", "clients:/", hub)    # hub knows its clients and the rooms of each
    note("sid of ann", "room:7")                       # ann is in that room now, or no more: the hub knows
    await directory.find("clients:/", ["room:7"])      # [Listed("sid of bob", {"room:7"}, "1")]

An instance's entries live as long as it says once a second that it does; one that was killed is gone, with all of its
entries, within `LEASE` seconds. Nobody but the store is asked, so an answer does not wait for the slowest instance.

An answer lacks nobody who lives. When the store lost what it knew, or was away for longer than leases run, whoever asks
waits until those that were there have told it again: a moment, and where one of them died meanwhile, `LEASE` seconds.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Protocol

import msgspec

LEASE = 3.5
"""Seconds without a sign of life after which an instance and its entries are gone."""

Note = Callable[[str, str], None]
"""Told of a key and a label that it got or lost, after the fact. Others see it a moment later."""


class Listed(msgspec.Struct, frozen=True):
    """An entry of another instance."""

    key: str
    labels: frozenset[str]
    instance: str
    """Where it is."""


class Roll(Protocol):
    """What an instance knows of itself."""

    def everything(self) -> Iterable[str]:
        """Everything there is."""
        ...

    def labels(self, key: str) -> Collection[str] | None:
        """What it is found by; None when there is no such key."""
        ...


class Directory(Protocol):
    """Not thread-safe: all calls come from one event loop."""

    def declare(self, instance: str, topic: str, roll: Roll) -> Note:
        """List what `roll` holds, now and from now on; whoever changes it says so to what this returns."""
        ...

    def undeclare(self, topic: str) -> None:
        """End that."""
        ...

    async def find(self, topic: str, names: Collection[str]) -> list[Listed]:
        """The entries of other instances that have one of these labels, or one of these keys: of all that live.

        Raises:
            BackplaneUnavailable: the store does not answer, or loses again and again what it is told.
        """
        ...

"""How many connections go where. Pure.

shares(10, {"a": 0, "b": 4})                                # {"a": 7, "b": 3}: 7 each
moves([Load("a", 90, 80), Load("b", 10, 10)])               # [Move("a", "b", 40)]
"""

from collections.abc import Mapping, Sequence

import msgspec

TOLERANCE = 100
"""Counts that differ by at most one in so many are even."""


class Load(msgspec.Struct, frozen=True):
    """What one worker has."""

    key: str
    connections: int
    movable: int


class Move(msgspec.Struct, frozen=True):
    """So many connections go from one worker to another."""

    source: str
    target: str
    count: int


def shares(count: int, present: Mapping[str, int]) -> dict[str, int]:
    """Spread `count` connections so that everybody has as even a number as can be, with those that are present."""
    given = dict.fromkeys(present, 0)
    if not present:
        return given
    left, order = count, sorted(present, key=lambda key: present[key])
    for place, key in enumerate(order, 1):
        # Fill the `place` emptiest up to the level of the next one, or as far as it goes.
        level = present[order[place]] if place < len(order) else None
        have = present[key] + given[key]
        step = left if level is None else min(left, (level - have) * place)
        each, rest = divmod(step, place)
        for number, filled in enumerate(order[:place]):
            given[filled] += each + (number < rest)
        left -= step
    return given


def is_even(loads: Sequence[Load]) -> bool:
    """Whether the counts differ by at most one in a hundred, or by one."""
    counts = [load.connections for load in loads]
    if not counts:
        return True
    return max(counts) - min(counts) <= max(1, max(counts) // TOLERANCE)


def moves(loads: Sequence[Load]) -> list[Move]:
    """What is to be moved so that all have the same, give or take one; less where not enough can be moved."""
    if len(loads) < 2:
        return []
    level, over = divmod(sum(load.connections for load in loads), len(loads))
    fullest_first = sorted(loads, key=lambda load: -load.connections)
    wanted = {load.key: level + (place < over) for place, load in enumerate(fullest_first)}
    surplus = {load.key: min(load.movable, load.connections - wanted[load.key]) for load in fullest_first}
    lacking = {load.key: wanted[load.key] - load.connections for load in reversed(fullest_first)}
    planned: list[Move] = []
    for source, spare in surplus.items():
        for target, room in lacking.items():
            count = min(spare, room)
            if count > 0:
                planned.append(Move(source, target, count))
                spare -= count
                lacking[target] -= count
    return planned

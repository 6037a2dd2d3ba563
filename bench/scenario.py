"""What a scenario is: a name, a line about it, and a function that measures and returns a table.

Each file in `scenarios/` makes one and stands in `scenarios.SCENARIOS`; `make bench` runs them all and
`make bench ARGS="--only NAME"` those named.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Request(NamedTuple):
    """How a scenario is to be measured."""

    rounds: int
    """How often each contender is measured; the median counts."""
    seconds: float | None
    """How long one round loads a server; None: what the scenario takes by itself."""
    folder: Path
    """Scratch, gone after the run: built programs, homes of process managers."""
    progress: Callable[[str], None]
    """Tells a person how far it has come."""


class Comparison(NamedTuple):
    """What a scenario found: one row a contender, as a person reads it and as a program does."""

    title: str
    columns: Sequence[str]
    """Headings; the first column is the contender."""
    rows: Sequence[Sequence[str]]
    figures: Sequence[Mapping[str, object]]
    """The same rows, unformatted, for --json."""


class Scenario(NamedTuple):
    """One thing that is measured."""

    name: str
    summary: str
    run: Callable[[Request], Comparison]


class ScenarioFailed(Exception):
    """A scenario could not be measured; the text says what was missing and what to do."""

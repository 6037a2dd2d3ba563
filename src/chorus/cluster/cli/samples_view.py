"""What was seen of instances over a time, as a person reads it: `chorus info NAME`."""

from collections.abc import Callable

from chorus.cluster.cli.status_view import size
from chorus.cluster.cli.table import Cell, Column, render
from chorus.cluster.cli.terminal import Paint
from chorus.cluster.messages import InstanceSamples, SampleSeries
from chorus.cluster.series import Summary

_Show = Callable[[Summary], str]


def lines(seen: SampleSeries, over: str, paint: Paint, width: int | None = None) -> list[str]:
    """A table with a line for each instance; `over` says which time it is about: "the last hour"."""
    worths = [_WORTHS.index(heading) + 1 for heading, _, _ in _COLUMNS]
    columns = [Column(_COLUMNS[n][0], right=True, worth=worth) for n, worth in enumerate(worths)]
    headings = [Column(f"IN {over.upper()}", least=12), *columns]
    return render(headings, [_row(each) for each in seen.instances], paint, width)


def delay(seconds: float) -> str:
    """How late an event loop is."""
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.0f} s"


def _row(seen: InstanceSamples) -> list[Cell]:
    summaries = [(seen.summaries.get(column), show) for _, column, show in _COLUMNS]
    shown = [Cell("-" if summary is None else show(summary)) for summary, show in summaries]
    return [Cell(f"{seen.application}:{seen.number}"), *shown]


_WORTHS = ("DESCRIPTORS", "CONNECTIONS", "MEMORY", "CPU", "RESTARTS", "MOST LAG", "MOST MEMORY", "MOST CPU")
"""In which order they go on a narrow terminal."""

_COLUMNS: tuple[tuple[str, str, _Show], ...] = (
    ("CPU", "cpu", lambda seen: f"{seen.mean:.1f}%"),
    ("MOST CPU", "cpu", lambda seen: f"{seen.most:.1f}%"),
    ("MEMORY", "memory", lambda seen: size(int(seen.mean))),
    ("MOST MEMORY", "memory", lambda seen: size(int(seen.most))),
    ("DESCRIPTORS", "descriptors", lambda seen: f"{seen.most:.0f}"),
    ("CONNECTIONS", "connections", lambda seen: f"{seen.most:.0f}"),
    ("MOST LAG", "lag", lambda seen: delay(seen.most)),
    ("RESTARTS", "restarts", lambda seen: f"{seen.most - seen.least:.0f}"),
)
"""Heading, column of the samples, and what is shown of it; what has no mean of interest shows its highest value."""

"""Contenders take turns, so that whatever else the machine does falls on all of them; their medians are compared."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from bench.contenders import Contender
from bench.load.generator import Measured
from bench.scenario import Comparison, Request


class Round(NamedTuple):
    """What one round of one contender gave."""

    figure: float
    """What is compared."""
    beside: Mapping[str, float]
    """What else is worth knowing, by heading."""


class Unit(NamedTuple):
    """What the figure is."""

    heading: str
    less_is_better: bool = False
    decimals: int = 0


class Line(NamedTuple):
    """One contender's medians."""

    name: str
    figure: float
    spread: tuple[float, float]
    """The worst and the best round's."""
    beside: Mapping[str, float]


def take_turns(
    request: Request, contenders: Sequence[Contender], unit: Unit, one_round: Callable[[Contender], Round]
) -> list[Line]:
    """Measure each of `contenders` as often as asked; the median of each, in their order."""
    seen: dict[str, list[Round]] = {contender.name: [] for contender in contenders}
    for number in range(1, request.rounds + 1):
        for contender in contenders:
            found = one_round(contender)
            seen[contender.name].append(found)
            figure = f"{found.figure:>12,.{unit.decimals}f}"
            request.progress(f"round {number}/{request.rounds}  {contender.name:<16} {figure} {unit.heading}")
    return [_median(name, rounds, unit) for name, rounds in seen.items()]


def compare(title: str, lines: Sequence[Line], unit: Unit) -> Comparison:
    """The table: how many times better the first contender is than each."""
    ours = lines[0].figure
    rows: list[tuple[str, ...]] = []
    for line in lines:
        more, less = (line.figure, ours) if unit.less_is_better else (ours, line.figure)
        worst, best = line.spread
        rows.append(
            (
                line.name,
                f"{line.figure:,.{unit.decimals}f}",
                f"{worst:,.{unit.decimals}f} … {best:,.{unit.decimals}f}",
                f"{more / less:.2f} ×" if less else "–",
                *(f"{value:,.0f}" if value >= 100 else f"{value:,.2f}" for value in line.beside.values()),
            )
        )
    columns = ("server", unit.heading, "worst … best", "Chorus is", *lines[0].beside)
    figures = [{"name": line.name, unit.heading: line.figure, "spread": line.spread, **line.beside} for line in lines]
    return Comparison(title=title, columns=columns, rows=rows, figures=figures)


def throughput(measured: Measured, counted: str) -> Round:
    """A round whose figure is what was counted per CPU second."""
    outcome = measured.outcome
    beside = {
        f"{counted} / s": outcome.count / outcome.seconds,
        "p50 ms": outcome.p50_ms,
        "p99 ms": outcome.p99_ms,
    }
    return Round(measured.per_cpu_second, beside)


def _median(name: str, rounds: Sequence[Round], unit: Unit) -> Line:
    figures = [each.figure for each in rounds]
    least, most = min(figures), max(figures)
    return Line(
        name,
        statistics.median(figures),
        (most, least) if unit.less_is_better else (least, most),
        {heading: statistics.median(each.beside[heading] for each in rounds) for heading in rounds[0].beside},
    )

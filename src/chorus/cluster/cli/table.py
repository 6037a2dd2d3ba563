"""A table of text for a terminal: columns as wide as their widest cell, numbers to the right.

Where it would be wider than the terminal, columns are cut as far as they bear it, with "…", and those of least worth
are left out: a line of a table is one line of the terminal.

Made by hand because the libraries that draw tables take longer to import than `chorus status` may take in all.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from chorus.cluster.cli.terminal import Paint

_NARROWEST: Final = 8
"""Characters to which a column is cut before it goes, where no other is left to go."""

_BETWEEN: Final = 2
"""Blanks between two columns."""


class Column(NamedTuple):
    """A heading, and to which side its cells go."""

    heading: str
    right: bool = False
    worth: int = 0
    """Where there is no room for all of them, the column of the lowest worth goes first; 0: it stays."""

    least: int = 0
    """To how many characters its cells may be cut before another column goes; 0: to none fewer than they have."""


class Cell(NamedTuple):
    """A text and its colour; "" is the terminal's own."""

    text: str
    colour: str = ""


def render(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], paint: Paint, width: int | None = None
) -> list[str]:
    """Draw the lines of a table, its heading first, without trailing blanks.

    Args:
        columns: from left to right.
        rows: a cell for each column.
        paint: colours them.
        width: characters there are room for; None: as many as there are.
    """
    rows = [[Cell(_printable(cell.text), cell.colour) for cell in row] for row in rows]
    wanted = [max([_width(column.heading), *(_width(row[n].text) for row in rows)]) for n, column in enumerate(columns)]
    widths = dict(enumerate(wanted)) if width is None else fit(columns, wanted, width)
    heading = [Cell(column.heading, "bold") for column in columns]
    return [_line(row, columns, widths, paint) for row in (heading, *rows)]


def fit(columns: Sequence[Column], wanted: Sequence[int], width: int) -> dict[int, int]:
    """Which columns are shown, by their place, and how wide each of them is.

    Args:
        columns: from left to right.
        wanted: how wide each would be.
        width: characters there are room for.
    """
    least = {n: min(wanted[n], column.least or wanted[n]) for n, column in enumerate(columns)}
    going = sorted((column.worth, n) for n, column in enumerate(columns) if column.worth)
    while _room(least) > width and going:
        del least[going.pop(0)[1]]
    if _room(least) > width:
        least = {n: min(narrow, _NARROWEST) if columns[n].least else narrow for n, narrow in least.items()}
    while _room(least) > width and len(least) > 1:  # narrower than anybody works: what comes first stays
        del least[max(least)]
    left, widths = width - _room(least), dict[int, int]()
    for n, narrow in least.items():
        more = min(left, wanted[n] - narrow)
        widths[n] = max(1, narrow + more)
        left -= more
    return widths


def _room(widths: dict[int, int]) -> int:
    return sum(widths.values()) + _BETWEEN * (len(widths) - 1)


def _line(row: Sequence[Cell], columns: Sequence[Column], widths: dict[int, int], paint: Paint) -> str:
    parts: list[str] = []
    for n, width in widths.items():
        text = _cut(row[n].text, width)
        blanks = " " * (width - _width(text))
        painted = paint(text, row[n].colour) if text else ""
        last = n == max(widths)
        parts.append(blanks + painted if columns[n].right else painted if last else painted + blanks)
    return (" " * _BETWEEN).join(parts).rstrip()


def _cut(text: str, width: int) -> str:
    """As much of a text as there is room for."""
    if _width(text) <= width:
        return text
    while text and _width(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def _printable(text: str) -> str:
    """What a program says of itself may not steer the operator's terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _width(text: str) -> int:
    """Columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

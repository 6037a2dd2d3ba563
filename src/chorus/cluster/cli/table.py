"""A table of text for a terminal: columns as wide as their widest cell, numbers to the right.

Made by hand because the libraries that draw tables take longer to import than `chorus status` may take in all.
"""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from chorus.cluster.cli.terminal import Paint


class Column(NamedTuple):
    """A heading, and to which side its cells go."""

    heading: str
    right: bool = False


class Cell(NamedTuple):
    """A text and its colour; "" is the terminal's own."""

    text: str
    colour: str = ""


def render(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], paint: Paint) -> list[str]:
    """Draw the lines of a table, its heading first, without trailing blanks."""
    rows = [[Cell(_printable(cell.text), cell.colour) for cell in row] for row in rows]
    widths = [max([_width(column.heading), *(_width(row[n].text) for row in rows)]) for n, column in enumerate(columns)]
    heading = [Cell(column.heading, "bold") for column in columns]
    return [_line(row, columns, widths, paint) for row in (heading, *rows)]


def _line(row: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int], paint: Paint) -> str:
    parts: list[str] = []
    for n, (cell, column, width) in enumerate(zip(row, columns, widths, strict=True)):
        blanks = " " * (width - _width(cell.text))
        text = paint(cell.text, cell.colour) if cell.text else ""
        last = n == len(columns) - 1
        parts.append(blanks + text if column.right else text if last else text + blanks)
    return "  ".join(parts).rstrip()


def _printable(text: str) -> str:
    """What a program says of itself may not steer the operator's terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _width(text: str) -> int:
    """Columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

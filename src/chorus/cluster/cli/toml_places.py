"""Where in a TOML file a table begins and a key is set, which no parser of the standard library tells.

line_of(text, "apps[1].health.path")      # 12
second(text, 4)                           # Twice("apps[0].port", line=4, first=3)
"""

import re
from typing import Final, NamedTuple

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(
    r"^\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)
_PART: Final = re.compile(r"\"[^\"]*\"|'[^']*'|[^.\s]+")


class Twice(NamedTuple):
    """A key or a table that stands in a file a second time."""

    key: str
    """"apps[0].port"."""

    line: int
    first: int
    """The line where it stands, too."""


def line_of(text: str, key: str) -> int | None:
    """The line, from 1, where a key such as "apps[1].health.path" is written; else that of the table it belongs to."""
    wanted = _steps(key)
    best: tuple[int, int] | None = None
    for place in _places(text):
        length = len(place.steps)
        if place.steps == wanted[:length] and (best is None or length > best[0]):
            best = (length, place.line)
    return best[1] if best else None


def is_written(text: str, key: str) -> bool:
    """Whether a key itself is written in a file, and not only the table it belongs to."""
    steps = _steps(key)
    return any(place.steps == steps for place in _places(text))


def second(text: str, line: int | None) -> Twice | None:
    """What is set in this line, or in the last one, and was set before; None where that is something else."""
    found = [place for place in _places(text) if line is None or place.line <= line]
    if not found or (line is not None and found[-1].line != line):
        return None
    last = found[-1]
    first = next((place.line for place in found[:-1] if place.steps == last.steps), None)
    return None if first is None else Twice(_key(last.steps), last.line, first)


class _Place(NamedTuple):
    steps: tuple[str, ...]
    line: int


def _key(steps: tuple[str, ...]) -> str:
    """Join ("apps", "1", "port") to "apps[1].port"."""
    return "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps).removeprefix(".")


def _steps(key: str) -> tuple[str, ...]:
    """Split "apps[1].port" into ("apps", "1", "port")."""
    return tuple(part for part in re.split(r"[.\[\]]+", key) if part)


def _places(text: str) -> list[_Place]:
    """Where tables begin and keys are set. Text inside multi-line strings and arrays is passed over."""
    places: list[_Place] = []
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    inside = ""
    for number, line in enumerate(text.split("\n"), 1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if match := _HEADER.match(line):
            table = _table(match[2], counts, array=match[1] == "[[")
            places.append(_Place(table, number))
        elif match := _KEY.match(line):
            places.append(_Place((*table, *_names(match[1])), number))
            inside = next((quote for quote in ('"""', "'''") if line.count(quote) == 1), "")
    return places


def _table(name: str, counts: dict[tuple[str, ...], int], *, array: bool) -> tuple[str, ...]:
    """The steps of a table's header: within an array of tables it belongs to the last one begun."""
    path: tuple[str, ...] = ()
    names = _names(name)
    for n, part in enumerate(names):
        path = (*path, part)
        if array and n == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, str(counts[path]))
    return path


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))

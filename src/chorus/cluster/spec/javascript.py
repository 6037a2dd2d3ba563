"""What JavaScript makes of values where a text is wanted, as PM2 does of variables, their names, and arguments.

as_text(1e-7)                      # "1e-7"
Json().written({"a": [1.0, None]})     # '{"a":[1,null]}'
"""

import math
from typing import Any, cast

import msgspec

MOST_WRITTEN = 1024 * 1024
"""Characters. No file has more in it, but by aliases of YAML: a few lines of it can stand for more than fits into
memory, or for what has no end."""

DEEPEST = 100
"""Tables and lists, one in another."""


def as_text(value: Any) -> Any:
    """A number or a truth as JavaScript writes it where a text is wanted; all else as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _number(value) if isinstance(value, int | float) else value


def as_name(value: Any) -> Any:
    """The same where it names a member or a variable: nothing has a name, too."""
    return "null" if value is None else as_text(value)


class Json:
    """Writes values as JSON.stringify does: all of a document together up to what a document can have in it."""

    def __init__(self) -> None:
        self._left = MOST_WRITTEN

    def written(self, value: Any) -> Any:
        """The JSON of a value; the value as it is where it has none, or one beyond all measure.

        What comes after that is not looked at: one value for which the document is refused is enough.
        """
        if self._left < 0:
            return ""
        try:
            return self._written(value, DEEPEST)
        except (_NotWritten, UnicodeEncodeError):  # the latter: of half a character
            return value

    def _written(self, value: Any, deeper: int) -> str:
        if deeper < 0:
            raise _NotWritten
        if isinstance(value, dict):
            table = cast("dict[Any, Any]", value)
            members = (f"{self._leaf(_key(key))}:{self._written(member, deeper - 1)}" for key, member in table.items())
            return self._counted(f"{{{','.join(members)}}}", 2)
        if isinstance(value, list):
            entries = cast("list[Any]", value)
            return self._counted(f"[{','.join(self._written(entry, deeper - 1) for entry in entries)}]", 2)
        return self._leaf(value)

    def _leaf(self, value: Any) -> str:
        if isinstance(value, str):
            self._counted("", len(value))  # before anything is made of it
            text = msgspec.json.encode(value).decode()
        elif value is None:
            text = "null"
        elif isinstance(value, bool | int | float):
            text = as_text(value)
            text = "null" if text.endswith(("NaN", "Infinity")) else text
        else:  # a day, say
            raise _NotWritten
        return self._counted(text, 1 if isinstance(value, str) else len(text) + 1)

    def _counted(self, text: str, size: int) -> str:
        self._left -= size
        if self._left < 0:
            raise _NotWritten
        return text


class _NotWritten(Exception):
    """A value has no JSON, or too much of it."""


def _key(given: Any) -> str:
    name = as_name(given)
    if not isinstance(name, str):
        raise _NotWritten
    return name


def _number(value: float) -> str:
    """Number::toString of ECMAScript. A whole number of any size is one of 64 bits there, a float."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if math.isnan(number):
        return "NaN"
    sign = "-" if number < 0 else ""
    if math.isinf(number):
        return f"{sign}Infinity"
    mantissa, _, power = repr(abs(number)).partition("e")
    whole, _, part = mantissa.partition(".")
    figures = f"{whole}{part}".lstrip("0")
    point = len(figures) - len(part) + int(power or 0)  # stands behind so many of the figures
    figures = figures.rstrip("0")
    if not figures:
        return "0"
    if 0 < point <= 21:
        shown = f"{figures[:point]:0<{point}}"
        return f"{sign}{shown}.{figures[point:]}" if figures[point:] else f"{sign}{shown}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{figures}"
    behind = f".{figures[1:]}" if figures[1:] else ""
    return f"{sign}{figures[0]}{behind}e{point - 1:+d}"

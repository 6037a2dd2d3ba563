"""What is wrong in a document: where, what was found, what was expected."""

from collections.abc import Sequence
from datetime import date
from reprlib import Repr

import msgspec

_LONGEST = 80
"""Characters of a value that are shown."""

_SHORT = Repr()
_SHORT.maxlist = _SHORT.maxdict = _SHORT.maxtuple = 8
_SHORT.maxlevel = 3
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _LONGEST
"""Looks at no more than it shows: in a file of YAML a few lines can stand for more than fits into memory."""


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong in a document."""

    key: str
    """Where: "applications[0].port"."""

    found: str
    expected: str
    also: str = ""
    """Another key that has a part in it; `found` names it."""

    def __str__(self) -> str:
        return f"{self.key}: found {self.found}, expected {self.expected}"


class SpecError(ValueError):
    """A document that says something we cannot run. `problems` is never empty."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = list(problems)
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))


def shown(value: object) -> str:
    """A value as an operator would know it again, cut to a line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value) if isinstance(value, date) else _SHORT.repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."

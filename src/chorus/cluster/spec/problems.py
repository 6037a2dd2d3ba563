"""What is wrong in a document: where, what was found, what was expected."""

from collections.abc import Sequence

import msgspec


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

"""What an `apply` changes: the specifications that hold against those of a file. Pure.

    plan = compare(known, wanted, source="/srv/shop/ecosystem.toml", prune=False)
    [(step.application, step.action) for step in plan]     # [("shop", "reload"), ("mailer", "start")]

Variables are told by name alone: their values may be secrets. What the shell that starts an application passes on to it
is no difference, else every terminal would change every application.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from chorus.cluster.spec import ApplicationSpec

Action = Literal["start", "reload", "restart", "scale", "delete", "orphaned", "none"]
"""What is to be done to an application.

"orphaned" is nothing, but said: it came from the file, is not there any more, and --prune would delete it.
"""

_NOT_COMPARED = frozenset({"inherited", "source", "env", "environments", "environment", "instances"})
_ADDRESS = ("host", "port")
"""What a reload keeps; another one needs a restart."""


class Step(msgspec.Struct, frozen=True):
    """What is done to one application, and why."""

    application: str
    action: Action
    reasons: list[str]
    """One difference each: "kill_timeout: 10.0 -> 30.0"."""


class Known(msgspec.Struct, frozen=True):
    """An application that is there."""

    spec: ApplicationSpec
    instances: int
    runs: bool


def compare(known: Mapping[str, Known], wanted: Sequence[ApplicationSpec], *, source: str, prune: bool) -> list[Step]:
    """Say what is to be done so that the applications are as wanted.

    Args:
        known: the applications that are there, by name.
        wanted: what the file says.
        source: the file, for applications that came from it and are not in it any more.
        prune: whether those are to be deleted.
    """
    steps = [_step(known.get(spec.name), spec) for spec in wanted]
    names = {spec.name for spec in wanted}
    for name, there in known.items():
        if name not in names and there.spec.source == source:
            steps.append(Step(name, "delete" if prune else "orphaned", ["not in the file any more"]))
    return steps


def differences(old: ApplicationSpec, new: ApplicationSpec) -> list[str]:
    """What differs, a line each, numbers of instances left out."""
    found: list[str] = []
    for field in msgspec.structs.fields(ApplicationSpec):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name not in _NOT_COMPARED and before != after:
            found.append(f"{field.name}: {_show(before)} -> {_show(after)}")
    return found + _variables(_own(old), _own(new))


def _step(before: Known | None, spec: ApplicationSpec) -> Step:
    if before is None:
        return Step(spec.name, "start", ["new"])
    found = differences(before.spec, spec)
    if not before.runs:
        return Step(spec.name, "start", ["stopped", *found])
    counted = [f"instances: {before.instances} -> {spec.instances}"] if before.instances != spec.instances else []
    if any(getattr(before.spec, name) != getattr(spec, name) for name in _ADDRESS):
        return Step(spec.name, "restart", found + counted)
    if found:
        return Step(spec.name, "reload", found + counted)
    return Step(spec.name, "scale", counted) if counted else Step(spec.name, "none", [])


def _own(spec: ApplicationSpec) -> dict[str, str]:
    """The variables that the file says, without the shell's."""
    return msgspec.structs.replace(spec, inherited={}).variables


def _variables(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    def told(names: Iterable[str], word: str) -> list[str]:
        return [f"env.{name}: {word}" for name in sorted(names)]

    changed = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    return told(new.keys() - old.keys(), "added") + told(old.keys() - new.keys(), "removed") + told(changed, "changed")


def _show(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else text[:57] + "..."

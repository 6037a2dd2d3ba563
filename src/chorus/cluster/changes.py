"""What an `apply` changes: the specifications that hold against those of a file. Pure.

    plan = compare(known, wanted, source="/srv/shop/ecosystem.toml", prune=False)
    [(step.application, step.action) for step in plan]     # [("shop", "reload"), ("mailer", "start")]

Variables are told by name alone, and so is the address of a webhook: their values may be secrets. What the shell that
starts an application passes on to it is no difference, else every terminal would change every application.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from chorus.cluster.spec import ApplicationSpec, ClusterSpec
from chorus.cluster.spec.address import Address, meet

Action = Literal["configure", "start", "reload", "restart", "adopt", "scale", "delete", "orphaned", "none", "stop"]
"""What is to be done to an application, or to the settings of the cluster ("configure").

"adopt" is a change that the manager alone goes by: it is told, and no process is touched.

"orphaned" is nothing, but said: it came from the file, is not there any more, and --prune would delete it.

"stop" is no change of its own: `in_order` puts it before the change of another one that could not listen otherwise.
"""

_NOT_COMPARED = frozenset({"inherited", "source", "env", "environments", "environment", "instances"})
_NOT_SHOWN = frozenset({"webhook"})
_MANAGERS_OWN = frozenset(
    {
        "alerts", "autorestart", "cron_restart", "listen_timeout", "log_compress", "log_max_size", "log_retain",
        "log_rotate_every", "longest_restart_delay", "max_instances", "max_memory_restart", "max_restarts",
        "min_uptime", "namespace", "overlap", "restart_backoff", "restart_delay", "restart_window", "settle",
        "stop_exit_codes", "stop_signal", "watch", "watch_delay", "watch_ignore",
    }
)  # fmt: skip
"""Options that no process knows of: a change of these needs no new one."""

CLUSTER = "[cluster]"
"""What stands in a step about the settings of the cluster in the place of an application."""

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
    finished: bool = False
    """All of it ended as it is meant to: a program that runs once."""


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


def in_order(steps: Sequence[Step], known: Mapping[str, Known], wanted: Sequence[ApplicationSpec]) -> list[Step]:
    """The steps as they can be done: who leaves an address goes before who comes to it. Else they stay as they are.

    A step that fails before its application is touched, as where the new place is taken, so costs nobody anything. Two
    kinds get a step "stop" of their own, right before the one that they make way for: one with whom a circle closes, as
    of two that exchange their ports; and one that is to be deleted, which follows when the other one runs.
    """
    specs = {spec.name: spec for spec in wanted}
    leaving = {step.application: step for step in steps if step.action in {"restart", "delete"}}
    standing = {name: known[name].spec for name in leaving if known[name].runs}
    begun: set[str] = set()
    ordered: list[Step] = []

    def take(step: Step) -> None:
        if step.application in begun:
            return
        begun.add(step.application)
        comes = specs[step.application].address if step.action in {"start", "restart"} else None
        for other in _in_the_way(standing, step, comes):
            if leaving[other].action == "restart":
                take(leaving[other])
        stopped = _in_the_way(standing, step, comes)
        for other in stopped:
            del standing[other]
            ordered.append(Step(other, "stop", [f"makes way for {step.application}"]))
        ordered.append(step)
        standing.pop(step.application, None)
        for other in stopped:
            if leaving[other].action == "delete":
                take(leaving[other])

    for step in steps:
        take(step)
    return ordered


def _in_the_way(standing: Mapping[str, ApplicationSpec], step: Step, comes: Address | None) -> list[str]:
    """Who of the others keeps the application of a step from its new address."""
    here = {name: spec.address for name, spec in standing.items() if name != step.application}
    return [name for name, address in here.items() if address and comes and meet(address, comes)]


def compare_cluster(known: ClusterSpec, wanted: ClusterSpec | None) -> list[Step]:
    """The same for the settings of the cluster; a file without them leaves them as they are."""
    found = [] if wanted is None else _between(known, wanted)
    return [Step(CLUSTER, "configure", found)] if found else []


def differences(old: ApplicationSpec, new: ApplicationSpec) -> list[str]:
    """What differs, a line each, numbers of instances left out."""
    return _between(old, new, besides=_NOT_COMPARED) + _variables(_own(old), _own(new))


def is_managers_own(old: ApplicationSpec, new: ApplicationSpec) -> bool:
    """Whether they differ in nothing that a process has to do with."""
    return not _between(old, new, besides=_NOT_COMPARED | _MANAGERS_OWN) and _own(old) == _own(new)


def _step(before: Known | None, spec: ApplicationSpec) -> Step:
    if before is None:
        return Step(spec.name, "start", ["new"])
    found = differences(before.spec, spec)
    counted = [f"instances: {before.instances} -> {spec.instances}"] if before.instances != spec.instances else []
    if before.finished:  # it runs again for a change alone
        return Step(spec.name, "start", found + counted) if found or counted else Step(spec.name, "none", [])
    if not before.runs:
        return Step(spec.name, "start", ["stopped", *found])
    if any(getattr(before.spec, name) != getattr(spec, name) for name in _ADDRESS):
        return Step(spec.name, "restart", found + counted)
    if found:
        own = is_managers_own(before.spec, spec)
        return Step(spec.name, "adopt" if own else "reload", found + counted)
    return Step(spec.name, "scale", counted) if counted else Step(spec.name, "none", [])


def _between(
    old: msgspec.Struct, new: msgspec.Struct, *, besides: frozenset[str] = frozenset(), under: str = ""
) -> list[str]:
    """What differs between two structs of a kind, a line each, those within them key by key."""
    found: list[str] = []
    for field in msgspec.structs.fields(old):
        before, after, name = getattr(old, field.name), getattr(new, field.name), f"{under}{field.name}"
        if field.name in besides or before == after:
            continue
        if isinstance(before, msgspec.Struct) and isinstance(after, msgspec.Struct):
            found += _between(before, after, under=f"{name}.")
        elif field.name in _NOT_SHOWN:
            found.append(f"{name}: {'added' if before is None else 'removed' if after is None else 'changed'}")
        else:
            found.append(f"{name}: {_show(before)} -> {_show(after)}")
    return found


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

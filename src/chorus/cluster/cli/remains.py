"""What is left to be done of a request whose manager went away before it answered. Pure.

    rest = remains(Restart(["chat"]), before, after)     # [Restart(["chat:1"])]: chat:0 was restarted before that
    rest = remains(Scale("chat", "+2"), before, after)   # [Scale("chat", "4")], if there were 2

Its successor has gone on with what stands in its notebook: stops, and reloads. The rest is asked for again, in a way
that does nothing twice: what came to a process of a newer generation since has been restarted or reloaded. `None` is
for what nobody can know, such as whether a signal was sent.
"""

from collections.abc import Iterable
from contextlib import suppress

import msgspec

from chorus.cluster.messages import (
    Adopt,
    ApplicationStatus,
    ClusterStatus,
    Configure,
    Delete,
    Rebalance,
    Reload,
    Request,
    Reset,
    Restart,
    Restore,
    Scale,
    Start,
    Stop,
)
from chorus.cluster.targets import Named, UnknownTarget, resolve

_AGAIN = (Stop, Rebalance, Reset, Adopt, Configure, Restore)
"""Whoever asks for these twice gets what once gives."""

_DONE: dict[type, str] = {Start: "started", Restart: "restarted", Reload: "reloaded", Delete: "deleted"}

_DOWN = frozenset({"stopped", "errored"})


def remains(request: Request, before: ClusterStatus, after: ClusterStatus) -> list[Request] | None:
    """What to ask the successor for; nothing when all is done; None when nobody can know.

    Args:
        request: what its predecessor was asked for.
        before: how everything was before that.
        after: how it is, once the successor has ended what it found half done (`unsettled`).
    """
    try:
        match request:
            case Restart():
                return _replacing(request, _not_replaced(request.targets, before, after))
            case Reload():
                return _replacing(request, _not_replaced(request.targets, before, after))
            case Start():
                return _starting(request, before, after)
            case Scale():
                return _scaling(request, before)
            case Delete():
                left = _not_deleted(request.targets, before, after)
                return [Delete(left)] if left else []
            case _:
                return [request] if isinstance(request, _AGAIN) else None
    except UnknownTarget:
        return [request]  # it is refused now as it would have been


def unsettled(request: Request, status: ClusterStatus) -> str:
    """What the successor is still at, of what the request is about; empty when it is at nothing."""
    if isinstance(request, (*_AGAIN, Delete)):
        return ""
    meant = set(names(request, status))
    for application in status.applications:
        if application.name not in meant:
            continue
        if application.resumed is not None and application.resumed_age is None:
            return application.resumed
        for instance in application.instances:
            if instance.state in {"starting", "stopping"}:
                return f"{application.name}:{instance.number} is {instance.state}"
    return ""


def failure(request: Request, after: ClusterStatus, *, elapsed: float) -> str:
    """How the reload failed that the successor went on with, in these last seconds; empty when none did."""
    if not isinstance(request, Reload):
        return ""
    meant = set(names(request, after))
    failed = [a for a in after.applications if a.name in meant and a.resumed_failed and a.resumed_age is not None]
    return "; ".join(f"{a.name}: {a.resumed}" for a in failed if (a.resumed_age or 0.0) <= elapsed)


def done(request: Request, status: ClusterStatus) -> str:
    """What to say of a request that is done, in the manager's words."""
    if isinstance(request, Scale):
        number = len(_generations(status, request.target))
        return f"{request.target} has {number} instance{'s' * (number != 1)}"
    return f"{_DONE.get(type(request), 'did it for')} {', '.join(names(request, status))}"


def changed(request: Request, before: ClusterStatus, after: ClusterStatus) -> bool:
    """Whether something of what the request is about is no longer as it was."""
    return any(_runs(before, name) != _runs(after, name) for name in names(request, after))


def names(request: Request, status: ClusterStatus) -> list[str]:
    """The applications that a request is about."""
    if isinstance(request, Scale):
        return [request.target]
    found = [spec.name for spec in getattr(request, "applications", []) if hasattr(spec, "name")]
    with suppress(UnknownTarget):  # what is not known any more is not waited for
        found += [name for _, name, _ in _chosen(getattr(request, "targets", []), status)]
    return list(dict.fromkeys(found))


def _replacing(request: Restart | Reload, left: list[tuple[str, str]]) -> list[Request]:
    """The same for the instances that were not replaced; for whole applications where it is about them as a whole."""
    whole = request.environment is not None or bool(getattr(request, "applications", []))
    targets = list(dict.fromkeys(name if whole else target for target, name in left))
    return [msgspec.structs.replace(request, targets=targets)] if targets else []


def _starting(request: Start, before: ClusterStatus, after: ClusterStatus) -> list[Request]:
    """What did not run is to run; what did is restarted where it was not yet."""
    running = {a.name for a in before.applications if any(i.state not in _DOWN for i in a.instances)}
    restarts: set[str] = set() if request.if_absent else running
    specs = [spec for spec in request.applications if not request.only or spec.name in request.only]
    restarted = [spec for spec in specs if spec.name in restarts]
    left = {name for _, name in _not_replaced([spec.name for spec in restarted], before, after)}
    targets = [target for target, name, _ in _chosen(request.targets, before) if name not in restarts]
    again = [target for target, _ in _not_replaced(request.targets, before, after) if target not in targets]
    rest = [
        Start(applications=[spec for spec in specs if spec not in restarted], targets=targets, if_absent=True),
        Start(applications=[spec for spec in restarted if spec.name in left], targets=again),
    ]
    return [each for each in rest if each.applications or each.targets]


def _scaling(request: Scale, before: ClusterStatus) -> list[Request]:
    there = _chosen([request.target], before)
    wanted = len(there) + int(request.change) if request.change[0] in "+-" else int(request.change)
    return [Scale(request.target, str(wanted))]


def _not_deleted(targets: Iterable[str], before: ClusterStatus, after: ClusterStatus) -> list[str]:
    """What was meant and is there yet; an application that was meant as a whole also without instances."""
    there = {application.name for application in after.applications}
    left: list[str] = []
    for name, numbers in resolve(targets, _known(before)).items():
        if name in there and numbers == set(_generations(before, name)):
            left.append(name)
        elif name in there:
            left += [f"{name}:{number}" for number in sorted(numbers) if number in _generations(after, name)]
    return left


def _not_replaced(targets: Iterable[str], before: ClusterStatus, after: ClusterStatus) -> list[tuple[str, str]]:
    """The instances meant that have the process they had, each with its application."""
    return [
        (target, name)
        for target, name, number in _chosen(targets, before)
        if number in _generations(after, name)
        and _generations(after, name)[number] == _generations(before, name)[number]
    ]


def _chosen(targets: Iterable[str], status: ClusterStatus) -> list[tuple[str, str, int]]:
    """The instances that targets name: as a target, the application, the number."""
    chosen = resolve(targets, _known(status))
    return [(f"{name}:{number}", name, number) for name, numbers in chosen.items() for number in sorted(numbers)]


def _known(status: ClusterStatus) -> list[Named]:
    return [Named(a.name, a.namespace, {i.number: i.id for i in a.instances}) for a in status.applications]


def _generations(status: ClusterStatus, name: str) -> dict[int, int]:
    """The generation of each instance of an application, by number."""
    found: ApplicationStatus | None = next((a for a in status.applications if a.name == name), None)
    return {} if found is None else {instance.number: instance.generation for instance in found.instances}


def _runs(status: ClusterStatus, name: str) -> dict[int, tuple[int, bool]]:
    """The generation of each instance of an application, and whether it runs."""
    instances = [each for a in status.applications if a.name == name for each in a.instances]
    return {each.number: (each.generation, each.state not in _DOWN) for each in instances}

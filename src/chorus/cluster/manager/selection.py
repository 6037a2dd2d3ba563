"""The applications and instances that targets name, and what is done to all of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from chorus.cluster.manager.application import Application
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.spec import ApplicationSpec
from chorus.cluster.targets import Named, resolve

Selection = list[tuple[Application, list[int]]]
"""Applications, each with the numbers of the instances that are meant."""


def everything(applications: Mapping[str, Application]) -> Selection:
    """All there is."""
    return [(application, list(application.instances)) for application in applications.values()]


def find(applications: Mapping[str, Application], targets: Sequence[str]) -> Selection:
    """What the targets name. Raises UnknownTarget."""
    named = [
        Named(a.name, a.spec.namespace, {number: i.record.id for number, i in a.instances.items()})
        for a in applications.values()
    ]
    chosen = resolve(targets, named)
    return [(applications[name], sorted(numbers)) for name, numbers in chosen.items()]


async def one_after_another(chosen: Selection, operation: Callable[[Application, list[int]], Awaitable[None]]) -> None:
    """Run an operation on each application; one that fails does not keep the others from theirs."""
    failures: list[OperationFailed] = []
    for application, numbers in chosen:
        try:
            await operation(application, numbers)
        except OperationFailed as error:
            failures.append(error)
    if failures:
        raise joined(failures)


def joined(failures: list[OperationFailed]) -> OperationFailed:
    """Several failures as one: the first, with the others among its details."""
    first, *others = failures
    return OperationFailed(first.code, first.message, [*first.detail, *(other.message for other in others)])


def selected(chosen: Selection, environment: str | None) -> dict[str, ApplicationSpec]:
    """The specifications of the applications with another environment selected, or as they are.

    Raises:
        OperationFailed: an application has environments, but none of that name, or is not meant as a whole.
    """
    if environment is None:
        return {application.name: application.spec for application, _ in chosen}
    for application, numbers in chosen:
        environments = application.spec.environments
        if environments and environment not in environments:
            text = f'{application.name}: found environment "{environment}", expected {" or ".join(environments)}'
            raise OperationFailed("invalid", text)
        if len(numbers) != len(application.instances):
            raise OperationFailed("invalid", f"{application.name}: an environment is selected for all its instances")
    return {a.name: msgspec.structs.replace(a.spec, environment=environment) for a, _ in chosen}


def kept(chosen: Selection, environment: str | None) -> str:
    """What to say of the environments that go on to hold though the request names none."""
    kept = {a.spec.environment for a, _ in chosen if a.spec.environment is not None}
    return "" if environment is not None or not kept else f", environment {', '.join(sorted(kept))} kept"


def count(chosen: Selection) -> int:
    """How many instances they are."""
    return sum(len(numbers) for _, numbers in chosen)


def names(chosen: Selection) -> str:
    """Applications, or where not all instances of one are meant, those: "chat:1"."""
    names: list[str] = []
    for application, numbers in chosen:
        part = 0 < len(numbers) < len(application.instances)
        names += [f"{application.name}:{number}" for number in numbers] if part else [application.name]
    return ", ".join(names) or "nothing"

"""Which instances a target names.

    resolve(["chat", "/^worker-/", "3"], known)      # {"chat": {0, 1}, "worker-a": {0}}

A target is "all", an application's name, a namespace, an instance's id, "name:number", or "/regular expression/" over
names. Where a word is both a name and a namespace the name counts. Pure: no I/O.
"""

import re
from collections.abc import Iterable

import msgspec


class Named(msgspec.Struct, frozen=True):
    """What can be named of an application: its instances' ids by number."""

    name: str
    namespace: str
    ids: dict[int, int]


class UnknownTarget(LookupError):
    """A target that names nothing; the fault is the caller's."""

    def __init__(self, target: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known)) or "none"
        super().__init__(f'"{target}" names no application, namespace or instance; applications: {names}')


def resolve(targets: Iterable[str], applications: Iterable[Named]) -> dict[str, set[int]]:
    """Say which instance numbers of which applications the targets name, in the applications' order.

    Raises:
        UnknownTarget: one of them names nothing. "all" with no application there is one of these.
    """
    known = list(applications)
    chosen: dict[str, set[int]] = {}
    for target in targets:
        found = _find(target, known)
        if not found:
            raise UnknownTarget(target, (application.name for application in known))
        for name, numbers in found.items():
            chosen.setdefault(name, set()).update(numbers)
    return {application.name: chosen[application.name] for application in known if application.name in chosen}


def _find(target: str, known: list[Named]) -> dict[str, set[int]]:
    if target == "all":
        return _whole(known)
    if by_name := [application for application in known if application.name == target]:
        return _whole(by_name)
    if by_namespace := [application for application in known if application.namespace == target]:
        return _whole(by_namespace)
    if len(target) > 2 and target.startswith("/") and target.endswith("/"):
        try:
            pattern = re.compile(target[1:-1])
        except re.error as error:
            raise UnknownTarget(f"{target} ({error})", (application.name for application in known)) from error
        return _whole([application for application in known if pattern.search(application.name)])
    return _one(target, known)


def _one(target: str, known: list[Named]) -> dict[str, set[int]]:
    """An instance by its id, or by its application and number."""
    name, colon, digits = target.rpartition(":")
    if not (digits.isascii() and digits.isdigit()):
        return {}
    for application in known:
        if colon and name == application.name and int(digits) in application.ids:
            return {application.name: {int(digits)}}
        for number, identity in application.ids.items():
            if not colon and identity == int(digits):
                return {application.name: {number}}
    return {}


def _whole(applications: list[Named]) -> dict[str, set[int]]:
    return {application.name: set(application.ids) for application in applications}

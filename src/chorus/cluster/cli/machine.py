"""What a file asks for and this machine or this shell does not have: folders, programs, accounts, variables.

Each is a problem of the file, named with the others before anything is started. `specs` stand in the order of the
document, so that each is found in it again.
"""

import grp
import os
import pwd
import shutil
from collections.abc import Callable, Iterator, Mapping
from string import Template
from typing import Any

from chorus.cluster.cli.inherited import under
from chorus.cluster.spec import ApplicationSpec
from chorus.cluster.spec.problems import Problem

_GIVEN = ("CHORUS_HOME", "CHORUS_APP", "CHORUS_KEY", "NOTIFY_SOCKET")
"""Variables that an instance gets beside those of its specification."""

_NODE = (".js", ".cjs", ".mjs")
_KNOWN = (*_NODE, ".py", ".sh")
"""Endings of scripts that have their interpreter by themselves."""


def missing(document: Mapping[str, Any], specs: list[ApplicationSpec], environment: Mapping[str, str]) -> list[Problem]:
    """What is not there, application by application.

    Args:
        document: what the file says.
        specs: what was read from it.
        environment: of this shell, which the applications inherit.
    """
    problems: list[Problem] = []
    for place, spec in zip(_places_of(document), specs, strict=True):
        problems += _folder(place, spec) or [*_script(place, spec), *_programs(place, spec, environment)]
        problems += [*_accounts(place, spec), *_variables(place, spec, environment)]
    return problems


def warnings(document: Mapping[str, Any], specs: list[ApplicationSpec], environment: Mapping[str, str]) -> list[str]:
    """What is not there and can be done without: the variable that would hold the address of a webhook."""
    return [
        f"{place}.alerts.webhook: there is no variable {webhook[1:]}, so nobody is told that way"
        for place, spec in zip(_places_of(document), specs, strict=True)
        if (webhook := spec.alerts.webhook or "").startswith("$")
        and webhook[1:] not in {**under(spec, environment), **spec.variables}
    ]


def _folder(place: str, spec: ApplicationSpec) -> list[Problem]:
    return [] if os.path.isdir(spec.cwd) else [Problem(f"{place}.cwd", f'"{spec.cwd}"', "a folder that is there")]


def _script(place: str, spec: ApplicationSpec) -> Iterator[Problem]:
    if spec.script is None:
        return
    path = spec.resolve(os.path.expanduser(spec.script))
    if not os.path.isfile(path):
        yield Problem(f"{place}.script", f'"{spec.script}"', f"a file; there is no {path}")
    elif spec.interpreter is None and not path.endswith(_KNOWN) and not os.access(path, os.X_OK):
        expected = "a file that may be run (chmod +x), or an interpreter for it"
        yield Problem(f"{place}.script", f'"{spec.script}"', expected)


def _programs(place: str, spec: ApplicationSpec, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Those that are run: by the keeper as an instance, by the manager as a check or to tell an alert."""
    run = [("interpreter", spec.interpreter), ("command", next(iter(spec.command), None))]
    run += [("alerts.command", next(iter(spec.alerts.command), None))]
    if spec.health is not None:
        run.append(("health.command", next(iter(spec.health.command), None)))
    if spec.interpreter is None and spec.script is not None and spec.script.endswith(_NODE):
        run.append(("script", "node"))
    path = {**under(spec, environment), **spec.variables}.get("PATH") or environment.get("PATH") or os.defpath
    for key, program in run:
        if program is not None and not _is_program(spec, program, path):
            where = _why_not(spec.resolve(program)) if "/" in program else "it is not on PATH"
            found = f'"{spec.script}", which node runs' if key == "script" else f'"{program}"'
            yield Problem(f"{place}.{key}", found, f"a program that can be run; {where}")


def _why_not(path: str) -> str:
    if os.path.isdir(path):
        return f"{path} is a folder"
    return f"{path} may not be run (chmod +x)" if os.path.exists(path) else f"there is no {path}"


def _is_program(spec: ApplicationSpec, program: str, path: str) -> bool:
    if "/" in program:
        return os.path.isfile(file := spec.resolve(program)) and os.access(file, os.X_OK)
    return shutil.which(program, path=path) is not None


def _accounts(place: str, spec: ApplicationSpec) -> Iterator[Problem]:
    named: tuple[tuple[str, str, str | int | None, Callable[[str], object]], ...] = (
        ("uid", "user", spec.uid, pwd.getpwnam),
        ("gid", "group", spec.gid, grp.getgrnam),
    )
    for key, what, name, look_up in named:
        if isinstance(name, str) and not _is_there(look_up, name):
            yield Problem(f"{place}.{key}", f'"{name}"', f"a {what} of this machine, by name or number")


def _is_there(look_up: Callable[[str], object], name: str) -> bool:
    try:
        look_up(name)
    except (KeyError, ValueError):  # nobody of that name, or a byte in it that no name has
        return False
    return True


def _variables(place: str, spec: ApplicationSpec, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Those that a health check stands on, and no instance would have."""
    health = spec.health
    if health is None:
        return
    known = {*under(spec, environment), *spec.variables_of(0), *_GIVEN}
    for key, written in (("url", health.url), ("connect", health.connect)):
        for name in Template(written).get_identifiers() if isinstance(written, str) else ():
            if name not in known:
                expected = "a variable that the instances have, of env or of this shell"
                yield Problem(f"{place}.health.{key}", f"${name}", expected)


def _places_of(document: Mapping[str, Any]) -> list[str]:
    """Where the applications of a document stand, in their order: "apps[0]"."""
    return [f"{key}[{n}]" for key in ("applications", "apps") for n in range(len(document.get(key, ())))]

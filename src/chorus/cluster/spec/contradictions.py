"""What is wrong between options of an application that are right one by one."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from chorus.cluster.spec.alerts import Alerts
from chorus.cluster.spec.application import RESERVED_NAMES, ApplicationSpec
from chorus.cluster.spec.health import Health
from chorus.cluster.spec.problems import Problem, shown


def contradictions(
    table: Mapping[str, Any], values: Mapping[str, Any], environments: Mapping[str, Mapping[str, str]], place: str
) -> list[Problem]:
    """Find them.

    Args:
        table: what stands in the document.
        values: what was read from it, where it could be read.
        environments: variables by the NAME of `env_NAME`, and by "" those of `env`.
        place: where the application stands: "apps[0]".
    """
    problems: list[Problem] = []
    given = [key for key in ("app", "command", "script") if table.get(key)]
    if len(given) != 1:
        problems.append(Problem(place, " and ".join(given) or "none", 'exactly one of "app", "command", "script"'))
    health = values.get("health")
    if isinstance(health, Health) and not health.ways and "app" not in table:
        wanted = '"url", "connect" or "command": how a program is asked'
        problems.append(Problem(f"{place}.health", "a check of a program that does not say how", wanted))
    if isinstance(health, Health) and len(health.ways) > 1:
        problems.append(Problem(f"{place}.health", " and ".join(health.ways), "at most one of them"))
    if isinstance(health, Health) and health.ask is not None and health.connect is None:
        problems.append(Problem(f"{place}.health.ask", "what is told to nobody", '"connect" beside it'))
    most = values.get("max_instances")
    if most is not None and (wanted := values.get("instances", 1)) > most:
        problems.append(Problem(f"{place}.instances", f"{wanted}", f"at most {most}, as max_instances says"))
    problems += _increments(values, environments, place)
    problems += _restarts_counted_too_long(table, values, place)
    problems += [
        Problem(
            f"{place}.{key}",
            f"{shown(values[key])} for what says that it is ready",
            'a command or script without "wait_ready": the sockets of CHORUS_HOME are the owner\'s alone',
        )
        for key in ("uid", "gid")
        if values.get(key) is not None and ("app" in table or values.get("wait_ready"))
    ]
    problems += [
        Problem(f"{place}.{key}", shown(values[key]), "another name; this word means every application")
        for key in ("name", "namespace")
        if values.get(key) in RESERVED_NAMES
    ]
    return problems


def _restarts_counted_too_long(table: Mapping[str, Any], values: Mapping[str, Any], place: str) -> list[Problem]:
    """What is wrong with an alert on restarts of which the earliest are not known any more."""
    alerts = values.get("alerts")
    window = values.get("restart_window") if "restart_window" in table else _RESTART_WINDOW
    if not isinstance(alerts, Alerts) or window is None or alerts.restarts_within <= max(window, _RESTARTS_WITHIN):
        return []
    found, most = f"{alerts.restarts_within:g} seconds", f"at most {window:g}, as restart_window says"
    return [Problem(f"{place}.alerts.restarts_within", found, most)]


_WHOLE = re.compile(r"^\d{1,12}$")
_RESTART_WINDOW = next(f.default for f in msgspec.structs.fields(ApplicationSpec) if f.name == "restart_window")
_RESTARTS_WITHIN = Alerts().restarts_within
"""Nobody is told of the default: with a shorter window it is cut to that."""


def _increments(values: Mapping[str, Any], environments: Mapping[str, Mapping[str, str]], place: str) -> list[Problem]:
    """What is wrong with a variable that is to be counted up."""
    name = values.get("increment_var")
    if name is None:
        return []
    if name == "PORT" and values.get("port") is not None:
        return [Problem(f"{place}.increment_var", '"PORT"', "another variable: all instances share the socket of port")]
    given = [variables[name] for variables in environments.values() if name in variables]
    if not given:
        return [Problem(f"{place}.increment_var", shown(name), "a variable that env gives a whole number")]
    return [
        Problem(f"{place}.increment_var", shown(name), "a variable whose value is a whole number")
        for value in given
        if not _WHOLE.match(value)
    ][:1]

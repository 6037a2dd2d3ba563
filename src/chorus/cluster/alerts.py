"""From what was seen to what somebody is to be told: raised once, cleared once. Pure.

    rules = rules_of(spec.alerts, memory_limit=spec.max_memory_restart)
    standing, change = step(standing, rule, value=95.0, now=now)      # change: RAISED, CLEARED or None

An alert is raised when its value has been at its threshold for as long as the rule says, and cleared when it has been
below for as long, so a value that goes to and fro makes no noise. The states and what leads from one to the next:

    QUIET --over--> PENDING --lasted--> RAISED --under--> CLEARING --lasted--> QUIET
                    PENDING --under--> QUIET              CLEARING --over--> RAISED

`now` is in monotonic seconds, so that a standing outlives the process that keeps it.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

import msgspec

from chorus.cluster.spec.alerts import Alerts

MEMORY_SHARE = 0.9
"""Of the memory at which an instance is restarted: where the alert is when no threshold is given."""


class Kind(Enum):
    """What an alert is about."""

    MEMORY = "memory"
    CPU = "cpu"
    LAG = "lag"
    ERRORS = "errors"
    RESTARTS = "restarts"
    DOWN = "down"
    LOGS = "logs"


class Rule(msgspec.Struct, frozen=True):
    """When a value is an alert."""

    kind: Kind
    least: float
    """The value from which on it is."""

    lasting: float = 0.0
    """Seconds it has to last, and its end as well."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is told; as JSON what a command of `alerts` reads."""

    id: str
    """The same for both notices of an alert but for the change, and of no other alert: "chat:0/cpu/8123.25/raised"."""

    change: str
    application: str
    subject: str
    """An instance, "chat:0", or the application."""

    kind: str
    value: float | None
    threshold: float
    at: float
    """Wall seconds."""

    text: str


class Phase(Enum):
    """Where an alert is in its life."""

    QUIET = "quiet"
    PENDING = "pending"
    """The value is at the threshold, not for long enough yet."""

    RAISED = "raised"
    CLEARING = "clearing"
    """Raised; the value is below the threshold, not for long enough yet."""


class Change(Enum):
    """What somebody is to be told."""

    RAISED = "raised"
    CLEARED = "cleared"


class Standing(msgspec.Struct, frozen=True):
    """Where an alert is, and since when."""

    phase: Phase = Phase.QUIET
    since: float = 0.0
    """When it came into this phase."""

    raised_at: float | None = None

    @property
    def raised(self) -> bool:
        """Whether somebody was told, and not yet that it is over."""
        return self.raised_at is not None


QUIET = Standing()

_Way = tuple[Phase, Change | None]

_AT_ONCE: Mapping[tuple[Phase, bool], Phase] = MappingProxyType(
    {
        (Phase.QUIET, False): Phase.QUIET,
        (Phase.QUIET, True): Phase.PENDING,
        (Phase.PENDING, False): Phase.QUIET,
        (Phase.PENDING, True): Phase.PENDING,
        (Phase.RAISED, False): Phase.CLEARING,
        (Phase.RAISED, True): Phase.RAISED,
        (Phase.CLEARING, False): Phase.CLEARING,
        (Phase.CLEARING, True): Phase.RAISED,
    }
)
"""Where a value leads that is at the threshold (True) or below it."""

_LASTED: Mapping[Phase, _Way] = MappingProxyType(
    {Phase.PENDING: (Phase.RAISED, Change.RAISED), Phase.CLEARING: (Phase.QUIET, Change.CLEARED)}
)
"""Where it leads when a phase has lasted as long as the rule says."""


def step(standing: Standing, rule: Rule, *, value: float | None, now: float) -> tuple[Standing, Change | None]:
    """Say where an alert is after one look.

    Args:
        standing: the one returned by the call before, or `QUIET`.
        rule: when the value is an alert.
        value: what was seen; None: there was nothing to see, which is below every threshold.
        now: monotonic seconds.

    Returns:
        the standing to pass to the next call, and what somebody is to be told now.
    """
    phase = _AT_ONCE[standing.phase, value is not None and value >= rule.least]
    if phase is not standing.phase:
        standing = msgspec.structs.replace(standing, phase=phase, since=now)
    if phase not in _LASTED or now - standing.since < rule.lasting:
        return standing, None
    phase, change = _LASTED[phase]
    return Standing(phase, now, now if change is Change.RAISED else None), change


def rules_of(alerts: Alerts, *, memory_limit: int | None) -> list[Rule]:
    """The rules that hold; a threshold of 0 makes none."""
    memory = alerts.memory if alerts.memory is not None else int(MEMORY_SHARE * (memory_limit or 0))
    rules = [
        Rule(Kind.MEMORY, memory, alerts.memory_for),
        Rule(Kind.CPU, alerts.cpu, alerts.cpu_for),
        Rule(Kind.LAG, alerts.lag, alerts.lag_for),
        Rule(Kind.ERRORS, alerts.errors),
        Rule(Kind.RESTARTS, alerts.restarts),
        Rule(Kind.DOWN, 1.0 if alerts.down else 0.0, alerts.down),  # down is 1, up is 0
        Rule(Kind.LOGS, 1.0 if alerts.logs else 0.0, alerts.logs),  # likewise
    ]
    return [rule for rule in rules if rule.least > 0]


def measured(rule: Rule, value: float | None, *, lasted: float) -> tuple[float | None, float]:
    """What a program is told of a value, and of its threshold: of what is so or not, for how many seconds it was so.

    Args:
        rule: whose alert it is.
        value: what was seen last.
        lasted: seconds for which the phase before this one lasted.
    """
    if rule.kind not in _SO_OR_NOT:
        return value, rule.least
    return (lasted if value else 0.0), rule.lasting


def tell(change: Change, subject: str, rule: Rule, value: float | None, *, lasted: float = 0.0, why: str = "") -> str:
    """An alert as a sentence for a person.

    Args:
        change: what happened to it.
        subject: the instance or application: "chat:0".
        rule: whose alert it is.
        value: what was seen last.
        lasted: seconds from when it was raised; of one that is cleared.
        why: the reason an instance is down, or log files cannot be written.
    """
    if change is Change.CLEARED:
        return f"{subject}: {_OVER[rule.kind]}, after {_time(lasted)}"
    seen = value or 0.0
    held = f" for {_time(rule.lasting)}" if rule.lasting else ""
    match rule.kind:
        case Kind.MEMORY:
            return f"{subject} holds {_megabytes(seen)} of memory, at or above {_megabytes(rule.least)}{held}"
        case Kind.CPU:
            return f"{subject} uses {seen:.0f}% of a processor, at or above {rule.least:g}%{held}"
        case Kind.LAG:
            return f"{subject}: its event loop is {1000 * seen:.0f} ms late, at or above {1000 * rule.least:g} ms{held}"
        case Kind.ERRORS:
            return f"{subject} wrote {seen:.0f} lines to standard error in a minute, the alert is at {rule.least:g}"
        case Kind.RESTARTS:
            times = "once" if seen == 1 else f"{seen:.0f} times"
            return f"{subject} was restarted {times}, the alert is at {rule.least:g}"
        case Kind.DOWN:
            return f"{subject} has not been online for {_time(rule.lasting)}{f': {why}' if why else ''}"
        case Kind.LOGS:
            return f"{subject}: what it says is lost: {why}"


_SO_OR_NOT = frozenset({Kind.DOWN, Kind.LOGS})
"""Kinds whose value is 1 or 0."""

_OVER: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.MEMORY: "memory is below the threshold again",
        Kind.CPU: "processor time is below the threshold again",
        Kind.LAG: "the event loop is on time again",
        Kind.ERRORS: "few lines come on standard error again",
        Kind.RESTARTS: "no more restarts than usual",
        Kind.DOWN: "online again, or no longer wanted",
        Kind.LOGS: "its log files are written again",
    }
)


def _megabytes(count: float) -> str:
    return f"{count / 1024**2:.0f} MB"


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{seconds:g} s" if seconds < 1 else f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"

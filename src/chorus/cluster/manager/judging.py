"""One look at an application: what was seen of it and the alerts it has → the alerts it has now, and whom to tell what.

judged = judge("chat", spec, standings, seen, now=now, at=time.time(), counts_errors=True)
judged.standings     # for the next look
judged.notices       # what was raised and what was cleared

An alert goes by its subject and its kind: "chat:0/cpu". Rules and phases of a single one are cluster/alerts.py's.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from chorus.cluster import alerts
from chorus.cluster.alerts import QUIET, Change, Kind, Notice, Phase, Rule, Standing
from chorus.cluster.spec import ApplicationSpec


class Seen(NamedTuple):
    """What was seen of one subject, of one kind."""

    value: float | None
    """None: there was nothing to see."""

    why: str = ""
    """The reason that it is so, where there is one."""


class Judged(msgspec.Struct, frozen=True):
    """What a look leads to."""

    standings: dict[str, Standing]
    """None of those that are quiet."""

    notices: tuple[Notice, ...]


def key(subject: str, kind: Kind) -> str:
    """How an alert is called here and in the notebook."""
    return f"{subject}/{kind.value}"


def judge(
    application: str,
    spec: ApplicationSpec,
    standings: Mapping[str, Standing],
    seen: Mapping[str, Seen],
    *,
    now: float,
    at: float,
    counts_errors: bool,
) -> Judged:
    """Hold what was seen against the rules of the application.

    Args:
        application: its name.
        spec: has its rules.
        standings: those that the look before led to.
        seen: by alert. What is not among them is not there any more, and no alert of it stays.
        now: monotonic seconds.
        at: wall seconds, for people.
        counts_errors: whether lines of errors have been counted for long enough to say that there are few.
    """
    rules = {rule.kind: rule for rule in alerts.rules_of(spec.alerts, memory_limit=spec.max_memory_restart)}
    after, notices = dict(standings), list[Notice]()
    for name in [*seen, *(name for name in standings if name not in seen)]:
        subject, _, word = name.partition("/")
        kind, found, before = Kind(word), seen.get(name), standings.get(name, QUIET)
        rule = rules.get(kind) if found is not None else None
        if rule is None or found is None:  # the instance is gone, or the rule: cleared at once
            rule, found = Rule(kind, 1.0), Seen(None)
        elif kind is Kind.ERRORS and before.raised and not counts_errors:
            continue
        standing, change = alerts.step(before, rule, value=found.value, now=now)
        after.pop(name, None)
        if standing.phase is not Phase.QUIET:
            after[name] = standing
        if change is not None:
            raised_at = standing.raised_at if change is Change.RAISED else before.raised_at
            value, threshold = alerts.measured(rule, found.value, lasted=now - before.since)
            lasted = now - (before.raised_at or now)
            notices.append(
                Notice(
                    id=f"{name}/{raised_at:.3f}/{change.value}",
                    change=change.value,
                    application=application,
                    subject=subject,
                    kind=word,
                    value=value,
                    threshold=threshold,
                    at=at,
                    text=alerts.tell(change, subject, rule, found.value, lasted=lasted, why=found.why),
                )
            )
    return Judged(after, tuple(notices))

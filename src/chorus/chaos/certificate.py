"""What a run proves, as a text for people and as JSON. Pure.

print(text(certificate))
certificate.good              # the exit code
"""

from collections.abc import Iterator, Mapping

import msgspec

from chorus.chaos.messages import Counted
from chorus.chaos.schedule import Options, What
from chorus.chaos.verdict import Verdict

_SHORT = 16
"""Hexadecimal digits of a hash in the text; the JSON has all."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    at: str
    """Wall time of its beginning, RFC 3339."""

    versions: Mapping[str, str]
    options: Options
    database: str
    """PostgreSQL or SQLite."""

    killed: Mapping[What, int]
    reload_attempts: int
    skipped: tuple[str, ...]
    """What was not done, and why."""

    counted: Counted
    verdict: Verdict
    good: bool


def text(certificate: Certificate) -> str:
    """For people."""
    return "\n".join(_lines(certificate)) + "\n"


def _lines(certificate: Certificate) -> Iterator[str]:
    options, counted, verdict = certificate.options, certificate.counted, certificate.verdict
    yield f"Chorus under chaos: {'every promise was kept' if certificate.good else 'BROKEN'}"
    yield ""
    yield f"  began         {certificate.at}, for {options.seconds} s, seed {options.seed}"
    yield f"  versions      {', '.join(f'{name} {version}' for name, version in certificate.versions.items())}"
    yield (
        f"  load          {options.clients} clients in {options.channels} channels ({options.memberships} each), "
        f"{options.instances} instances on {certificate.database}"
    )
    yield f"  done to it    {', '.join(_done(certificate))}"
    for line in certificate.skipped:
        yield f"  not done      {line}"
    yield ""
    yield f"  sent          {counted.sent:,} ({counted.retries:,} times said again)"
    yield f"  acknowledged  {verdict.acknowledged:,}{_spread(counted)}"
    yield f"  delivered     {verdict.delivered:,}, over {counted.reconnects:,} reconnects"
    yield (
        f"  longest gap   {counted.longest_gap * 1000:,.0f} ms without a delivery for one client, "
        f"{counted.longest_silence * 1000:,.0f} ms for all of them"
    )
    yield ""
    yield "  channel  entries  SHA-256 of the database's log  clients with the same"
    for proof in verdict.channels:
        yield (
            f"  {proof.channel:>7}  {proof.entries:>7,}  {proof.hash[:_SHORT]:<29}  {proof.agreeing} of {proof.views}"
        )
    yield ""
    if certificate.good:
        yield "Nothing acknowledged is missing, nothing is there twice, nothing is out of order."
    elif not verdict.found:
        yield "Nothing was acknowledged, so nothing is proved."
    else:
        yield f"{verdict.found:,} violations. The first: {verdict.violations[0].fault}: {verdict.violations[0].text}"
        for violation in verdict.violations[1:10]:
            yield f"  {violation.fault}: {violation.text}"


def _done(certificate: Certificate) -> Iterator[str]:
    killed = certificate.killed
    yield f"workers killed {killed.get(What.WORKER, 0)} ×"
    yield f"manager killed {killed.get(What.MANAGER, 0)} ×"
    yield f"Redis killed {killed.get(What.REDIS, 0)} ×"
    if killed.get(What.POSTGRES):
        yield f"PostgreSQL restarted (immediate) {killed[What.POSTGRES]} ×"
    if killed.get(What.RELOAD):
        yield f"reloaded once, at attempt {certificate.reload_attempts}"


def _spread(counted: Counted) -> str:
    median, p99, worst = (seconds * 1000 for seconds in counted.acknowledged_within)
    return f", after {median:,.0f} ms (median), {p99:,.0f} ms (p99), {worst:,.0f} ms (worst)" if worst else ""

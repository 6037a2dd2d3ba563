"""The environment that --env selects, against those of a file and of what runs already."""

from collections.abc import Sequence

from chorus.cluster.cli.failure import CommandFailed, nearest
from chorus.cluster.messages import ApplicationStatus
from chorus.cluster.spec import ApplicationSpec


def refuse_unknown(given: str, specs: Sequence[ApplicationSpec], path: str) -> None:
    """Refuse an environment that no application of a file has. Where none has any, it is for the programs to know.

    Raises:
        CommandFailed: naming those there are.
    """
    known = {name: None for spec in specs for name in spec.environments}
    if known and given not in known:
        near = nearest(given, list(known))
        hint = [f"Did you mean --env {near}?"] if near else []
        raise CommandFailed(f'{path}: found no environment "{given}", expected {" or ".join(known)}', hint)


def not_applied(selected: str, applications: Sequence[ApplicationStatus]) -> str:
    """What to say of applications that go on in another environment than the one that is selected; "" for nothing."""
    others = [application.name for application in applications if application.environment != selected]
    if not selected or not others:
        return ""
    names = ", ".join(others)
    again = f"chorus restart {' '.join(others)} --env {selected}"
    return f"not applied to what runs: environment {selected}: {names}; to apply: {again}"

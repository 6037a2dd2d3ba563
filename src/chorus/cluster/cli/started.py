"""What `chorus start` says at its end: what was started and where it is reached, what was left alone and why."""

import os
from collections.abc import Sequence

from chorus.cluster.cli import answer, asking, environments, status_view
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.product import Context
from chorus.cluster.cli.start_plan import Plan
from chorus.cluster.messages import ApplicationStatus, Done


def report(context: Context, plan: Plan, done: Done) -> None:
    """Say it.

    Raises:
        CommandFailed: nothing was to be started, and what is there crashes or is given up.
    """
    started = [each for each in asking.status(context).applications if each.name in plan.names]
    if not done.changed:
        _refuse_trouble(started)
    if context.arguments.given("json"):
        addresses = {each.name: status_view.url(each.address) for each in started if each.address}
        answer.tell(context, done.text, changed=done.changed, addresses=addresses)
        return
    if left := [f"{a.name}:{i.number}" for a in started for i in a.instances if i.state == "stopped" and a.wanted]:
        again = f"chorus start {' '.join(left)}"
        context.terminal.note(f"{', '.join(left)}: stopped before, and left so; {again} starts it")
    _say_what_is_not_applied(context, plan)
    if not plan.builtin and (note := environments.not_applied(context.arguments.text("env"), started)):
        context.terminal.note(note)
    if plan.builtin and (address := _address(started, context.product.primary)):
        context.terminal.say(f"{context.product.name} {'runs' if done.changed else 'runs already'} at {address}")
        for folder_of_logs in {os.path.dirname(spec.resolve(spec.out_file)) for spec in plan.specs if spec.out_file}:
            if done.changed:  # wherever it was started
                context.terminal.note(f"Its logs are in {folder_of_logs}")
        return
    context.terminal.say(done.text)
    for application in started:
        if application.address:
            context.terminal.say(f"{application.name} listens at {status_view.url(application.address)}")


def _refuse_trouble(applications: Sequence[ApplicationStatus]) -> None:
    """Fail where the start found, and left alone, what crashes or is given up."""
    trouble = [
        f"{application.name}:{instance.number}: {status_view.word(instance.state)}: {instance.reason or 'it ended'}"
        for application in applications
        for instance in application.instances
        if instance.state in {"backing-off", "errored"}
    ]
    if trouble:
        raise CommandFailed(trouble[0], trouble[1:])


def _say_what_is_not_applied(context: Context, plan: Plan) -> None:
    """Name the settings of this shell that what runs does not have: a start leaves alone what runs."""
    if not plan.builtin:
        return
    running = {each.spec.name: each.spec for each in asking.descriptions(context, [])}
    changed: list[str] = []
    for spec in plan.specs:
        there = running.get(spec.name, spec)
        changed += ["PORT"] * (there.port != spec.port) + ["HOST"] * (there.host != spec.host)
        before, now = there.variables, spec.variables
        changed += [name for name in context.product.settings() if before.get(name) != now.get(name)]
    if changed:
        names = ", ".join(dict.fromkeys(changed))
        context.terminal.note(f"not applied to what runs: {names}; to apply: chorus stop && chorus start")


def _address(applications: Sequence[ApplicationStatus], name: str) -> str | None:
    addresses = {application.name: application.address for application in applications}
    address = addresses.get(name)
    return status_view.url(address) if address else None

"""`chorus plan` and `chorus apply`: what a file says against what runs, shown first and then done."""

import os
from typing import NamedTuple

import msgspec

from chorus.cluster.changes import Known, Step, compare
from chorus.cluster.cli import asking, daemon, ecosystem, folder, start
from chorus.cluster.cli.failure import OK, WOULD_CHANGE, usage
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import Configure, Delete, Reload, Scale, Start
from chorus.cluster.spec import ApplicationSpec, ClusterSpec

_SIGNS = {"start": "+", "reload": "~", "restart": "!", "scale": "~", "delete": "-", "orphaned": "?"}
_COLOURS = {"start": "green", "reload": "yellow", "restart": "yellow", "scale": "yellow", "delete": "red"}
_WORDS = {"orphaned": "left alone; --prune deletes it"}


class _Found(NamedTuple):
    steps: list[Step]
    specs: dict[str, ApplicationSpec]
    cluster: ClusterSpec | None
    """Settings of the cluster, where the file has some."""

    @property
    def changes(self) -> list[Step]:
        """The steps that do something."""
        return [step for step in self.steps if step.action not in {"none", "orphaned"}]


def plan(context: Context) -> int:
    """Show what apply would change."""
    found = _find(context)
    _tell(context, found)
    return WOULD_CHANGE if found.changes else OK


def apply(context: Context) -> int:
    """Do it, application by application in the file's order; one that fails ends it and leaves the rest as it is."""
    context.home.prepare()
    found = _find(context)
    for spec in found.specs.values():
        start.check_room(context, spec)
    if found.changes:
        daemon.ensure(context.home, context.environment)
    if found.cluster is not None and daemon.answers(context.home):
        asking.done(context, Configure(found.cluster))
    for step in found.changes:
        _perform(context, step, found.specs.get(step.application))
    _tell(context, found)
    return OK


def _perform(context: Context, step: Step, spec: ApplicationSpec | None) -> None:
    name = step.application
    if spec is None:
        asking.done(context, Delete([name]))
    elif step.action in {"start", "restart"}:
        asking.done(context, Start(applications=[spec]))
    else:
        if step.action == "reload":
            asking.done(context, Reload(targets=[name], applications=[spec]))
        asking.done(context, Scale(name, str(spec.instances)))


def _find(context: Context) -> _Found:
    path = os.path.expanduser(next(iter(context.arguments.operands), "")) or ecosystem.found_in(
        folder.here(context.environment)
    )
    prune = context.arguments.given("prune")
    if path is None:
        raise usage(f"{context.command.name}: there is no {ecosystem.FILE_NAME} in this folder; name a file")
    if prune and context.arguments.given("only"):
        raise usage(f"{context.command.name}: --prune looks at the whole file, it does not go with --only")
    wanted = start.only(context, start.of_file(context, path))
    descriptions = asking.descriptions(context, []) if daemon.answers(context.home) else []
    known = {
        each.spec.name: Known(each.spec, len(each.instances), any(role.runs for role in each.instances))
        for each in descriptions
    }
    source = "" if context.arguments.given("only") else folder.absolute(path)
    steps = compare(known, wanted, source=source, prune=prune)
    return _Found(steps, {spec.name: spec for spec in wanted}, ecosystem.read_cluster(path))


def _tell(context: Context, found: _Found) -> None:
    if context.arguments.given("json"):
        context.terminal.say(msgspec.json.format(msgspec.json.encode(found.steps), indent=2).decode())
        return
    for step in found.steps:
        if step.action == "none":
            continue
        sign = context.terminal.paint(_SIGNS[step.action], _COLOURS.get(step.action, ""))
        context.terminal.say(f"{sign} {step.application}: {_WORDS.get(step.action, step.action)}")
        for reason in step.reasons:
            context.terminal.say(f"    {reason}")
    if not found.changes:
        context.terminal.say("nothing to change: all is as the file says")

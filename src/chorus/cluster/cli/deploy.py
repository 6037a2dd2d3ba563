"""`chorus plan` and `chorus apply`: what a file says against what runs, shown first and then done."""

import os
from typing import NamedTuple

import msgspec

from chorus.cluster.changes import Known, Step, compare, compare_cluster, in_order
from chorus.cluster.cli import asking, daemon, ecosystem, folder, launching, wanted
from chorus.cluster.cli.failure import OK, WOULD_CHANGE, CommandFailed, usage
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import Adopt, Configure, Delete, Descriptions, Reload, Scale, Start, Stop
from chorus.cluster.spec import ApplicationSpec, ClusterSpec

_SIGNS = {
    "configure": "~",
    "start": "+",
    "reload": "~",
    "restart": "!",
    "adopt": "~",
    "scale": "~",
    "delete": "-",
    "orphaned": "?",
}
_COLOURS = {"start": "green", "delete": "red", "orphaned": ""}
_WORDS = {
    "configure": "told to the manager",
    "adopt": "told to the manager; no process is touched",
    "orphaned": "left alone; --prune deletes it",
}


class _Found(NamedTuple):
    steps: list[Step]
    specs: dict[str, ApplicationSpec]
    cluster: ClusterSpec | None
    """Settings of the cluster, where the file has some."""

    known: dict[str, Known]
    """The applications that are there."""

    running: dict[str, list[str]]
    """Those of their instances that run, as targets."""

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
    """Do it, application by application: in the file's order, but who leaves an address before who comes to it.

    One that fails ends it and leaves the rest as it is. What had to be stopped to make way for it is started again.
    """
    context.home.prepare()
    found = _find(context)
    for spec in found.specs.values():
        wanted.check(context, spec)
    if found.changes:
        launching.ensure(context.home, context.environment)
    stopped: list[str] = []
    for step in in_order(found.changes, found.known, list(found.specs.values())):
        if step.application in stopped:
            stopped.remove(step.application)  # its turn has come
        if step.action == "stop":
            stopped.append(step.application)
        try:
            _perform(context, found, step)
        except CommandFailed as error:
            told = [*error.detail, *_start_again(context, found, stopped)]
            raise CommandFailed(error.message, told, code=error.code, reason=error.reason) from error
        except KeyboardInterrupt:
            for name in stopped:
                context.terminal.note(f"{name} was stopped to make way, and stays so until the next apply or start")
            raise
    _tell(context, found)
    return OK


def _perform(context: Context, found: _Found, step: Step) -> None:
    name, spec = step.application, found.specs.get(step.application)
    if step.action == "configure" and found.cluster is not None:
        asking.done(context, Configure(found.cluster))
    elif step.action == "stop":
        asking.done(context, Stop([name]))
    elif spec is None:
        asking.done(context, Delete([name]))
    elif step.action in {"start", "restart"}:
        asking.done(context, Start(applications=[spec]))
    else:
        if step.action == "reload":
            asking.done(context, Reload(targets=[name], applications=[spec]))
        elif step.action == "adopt":
            asking.done(context, Adopt([spec]))
        asking.done(context, Scale(name, str(spec.instances)))


def _start_again(context: Context, found: _Found, stopped: list[str]) -> list[str]:
    """Have those run again that were stopped to make way for one that failed; what became of them, a line each."""
    told: list[str] = []
    for name in stopped:
        try:
            asking.done(context, Start(targets=found.running[name], if_absent=True))
        except CommandFailed as error:
            told.append(f"{name} was stopped to make way and does not run: {error.message}")
        else:
            told.append(f"{name} was stopped to make way and runs again where it did")
    return told


def _find(context: Context) -> _Found:
    path = os.path.expanduser(next(iter(context.arguments.operands), "")) or ecosystem.found_in(
        folder.here(context.environment)
    )
    prune = context.arguments.given("prune")
    if path is None:
        raise usage(f"{context.command.name}: there is no {ecosystem.FILE_NAME} in this folder; name a file")
    if prune and context.arguments.given("only"):
        raise usage(f"{context.command.name}: --prune looks at the whole file, it does not go with --only")
    specs = wanted.only(context, wanted.of_file(context, path))
    there = asking.everything(context) if daemon.keeper_pid(context.home) is not None else _left(context)
    known = {
        each.spec.name: Known(
            each.spec,
            len(each.instances),
            runs=any(role.runs for role in each.instances),
            finished=all(role.finished for role in each.instances),
        )
        for each in there.applications
    }
    source = "" if context.arguments.given("only") else folder.absolute(path)
    cluster = ecosystem.read_cluster(path)
    steps = compare_cluster(there.cluster, cluster) + compare(known, specs, source=source, prune=prune)
    running = {
        each.spec.name: [f"{each.spec.name}:{role.number}" for role in each.instances if role.runs]
        for each in there.applications
    }
    return _Found(steps, {spec.name: spec for spec in specs}, cluster, known, running)


def _left(context: Context) -> Descriptions:
    """What there is where no keeper runs: nothing; and what a keeper that was killed left is named."""
    if left := daemon.left_behind(context.home):
        named = f"the keeper of {context.home.path} was killed; {', '.join(left)} of it run on"
        context.terminal.note(f"{named}: apply ends what is left and starts everything anew")
    return Descriptions([])


def _tell(context: Context, found: _Found) -> None:
    if context.arguments.given("json"):
        context.terminal.say(msgspec.json.format(msgspec.json.encode(found.steps), indent=2).decode())
        return
    for step in found.steps:
        if step.action == "none":
            continue
        sign = context.terminal.paint(_SIGNS[step.action], _COLOURS.get(step.action, "yellow"))
        context.terminal.say(f"{sign} {step.application}: {_WORDS.get(step.action, step.action)}")
        for reason in step.reasons:
            context.terminal.say(f"    {reason}")
    if not found.changes:
        context.terminal.say("nothing to change: all is as the file says")

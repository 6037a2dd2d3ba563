"""`chorus start`: finds out what to start, sees to it that a manager runs, hands it over, says where it is reached.

A start that fails leaves things as they were: when it had to start the keeper, it ends it again.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from chorus.cluster.cli import asking, daemon, ecosystem, startable, status_view
from chorus.cluster.cli.failure import OK, CommandFailed, nearest, usage
from chorus.cluster.cli.inherited import inherited
from chorus.cluster.cli.product import Context, Wish
from chorus.cluster.cli.startable import Kind
from chorus.cluster.messages import ApplicationStatus, Done, Kill, Start
from chorus.cluster.spec import ApplicationSpec

_ONE_ALONE = ("name", "instances", "host", "port")
"""Options that make no sense for a file of applications."""


class Plan(NamedTuple):
    """What the manager will be asked."""

    specs: Sequence[ApplicationSpec] = ()
    targets: Sequence[str] = ()
    """Names of applications it knows already."""

    if_absent: bool = False
    must_be_new: bool = False
    """An application of that name that is there already is an error, even one that is stopped."""

    builtin: bool = False


def run(context: Context) -> int:
    """Start what the command line names."""
    context.home.prepare()
    plan = _plan(context)
    for spec in plan.specs:
        if not context.home.room_for(spec.name):
            raise CommandFailed(f"{spec.name}: the name is too long for a socket in {context.home.path}")

    launched = daemon.ensure(context.home, context.environment)
    try:
        done = _start(context, plan)
    except CommandFailed:
        if launched:
            _end(context)
        raise
    _report(context, plan, done)
    return OK


def _plan(context: Context) -> Plan:
    arguments, here = context.arguments, os.getcwd()
    if_absent = arguments.given("if-absent")
    words = arguments.operands
    if not words:
        if arguments.rest:
            raise usage("start: arguments after -- need a program before it")
        return _default(context, here)

    kinds = {startable.kind(word, here) for word in words}
    if kinds == {Kind.NAME} or _known(context, words):
        return _by_name(context, words, here)
    if len(words) > 1:
        raise usage(
            f"start: found {len(words)} things to start, expected one, or names of applications",
            f'quote a command line: "{" ".join(words)}"',
        )
    if kinds == {Kind.FILE}:
        _refuse(context, _ONE_ALONE, "a file")
        return Plan(_only(context, _file(context, os.path.expanduser(words[0]))), if_absent=if_absent)
    spec = startable.specification(words[0], arguments, context.environment, here)
    return Plan([_ready(context, spec)], if_absent=if_absent, must_be_new=not if_absent)


def _default(context: Context, here: str) -> Plan:
    """Without a word: the file of this folder, else the built-in applications. What runs is left alone."""
    path = os.path.join(here, ecosystem.FILE_NAME)
    if os.path.exists(path):
        _refuse(context, _ONE_ALONE, f"{ecosystem.FILE_NAME} of this folder")
        return Plan(_only(context, _file(context, path)), if_absent=True)
    return Plan(_only(context, _builtin(context, here)), if_absent=True, builtin=True)


def _by_name(context: Context, words: Sequence[str], here: str) -> Plan:
    """Applications by name: those that the manager knows, else those that `start` alone would start."""
    if _known(context, words):
        _refuse(context, (*_ONE_ALONE, "only"), "the name of an application that is there")
        return Plan(targets=words, if_absent=context.arguments.given("if-absent"))
    path = os.path.join(here, ecosystem.FILE_NAME)
    in_file = os.path.exists(path)
    names = [spec.name for spec in _file(context, path)] if in_file else list(context.product.builtin_names)
    for word in words:
        if word not in names:
            near = nearest(word, names)
            raise usage(
                f'start: "{word}" is no file, no program and no application',
                *([f"Did you mean {near}?"] if near else []),
            )
    specs = _file(context, path) if in_file else _builtin(context, here)
    return Plan([spec for spec in specs if spec.name in words], if_absent=True, builtin=not in_file)


def _known(context: Context, words: Sequence[str]) -> bool:
    """Whether every word is the name of an application that the manager has."""
    if not daemon.answers(context.home):
        return False
    names = {application.name for application in asking.status(context).applications}
    return set(words) <= names


def _file(context: Context, path: str) -> list[ApplicationSpec]:
    specs = ecosystem.read(path, environment=context.arguments.text("env") or None)
    return [_ready(context, spec) for spec in specs]


def _builtin(context: Context, here: str) -> list[ApplicationSpec]:
    _refuse(context, ("name",), context.product.name)
    environment = dict(context.environment)
    for option, variable in (("env", "CHORUS_ENV"), ("port", "PORT"), ("host", "HOST")):
        if context.arguments.given(option):
            environment[variable] = context.arguments.text(option)
    instances = context.arguments.number("instances", 0, least=1, most=512) or None
    specs = context.product.builtin(Wish(context.home, environment, here, instances))
    return [_ready(context, spec, environment) for spec in specs]


def _ready(context: Context, spec: ApplicationSpec, environment: dict[str, str] | None = None) -> ApplicationSpec:
    """The specification with the caller's environment under its own."""
    env = inherited(environment or context.environment)
    if spec.port is not None:  # the manager says which port, whatever PORT says here
        env.pop("PORT", None)
    if context.arguments.given("env"):
        env["CHORUS_ENV"] = context.arguments.text("env")
    return msgspec.structs.replace(spec, env={**env, **spec.env})


def _only(context: Context, specs: list[ApplicationSpec]) -> list[ApplicationSpec]:
    wanted = context.arguments.words("only")
    names = [spec.name for spec in specs]
    for name in wanted:
        if name not in names:
            raise usage(f'--only: found "{name}", expected one of {", ".join(names)}')
    return [spec for spec in specs if not wanted or spec.name in wanted]


def _refuse(context: Context, options: Sequence[str], what: str) -> None:
    for name in options:
        if context.arguments.given(name):
            raise usage(f"start: --{name} does not go with {what}")


def _start(context: Context, plan: Plan) -> Done:
    return asking.done(
        context,
        Start(
            applications=list(plan.specs),
            targets=list(plan.targets),
            if_absent=plan.if_absent,
            must_be_new=plan.must_be_new,
        ),
    )


def _end(context: Context) -> None:
    """End the keeper that this command started; the error that led here matters more than one in this."""
    try:
        asking.done(context, Kill())
        daemon.wait_until_gone(context.home)
    except CommandFailed as error:
        if not daemon.end_by_signal(context.home):
            return
        context.terminal.note(f"the manager did not end by itself: {error.message}")


def _report(context: Context, plan: Plan, done: Done) -> None:
    applications = asking.status(context).applications
    names = [spec.name for spec in plan.specs] or list(plan.targets)
    started = [application for application in applications if application.name in names]
    if plan.builtin and (address := _address(started, context.product.primary)):
        context.terminal.say(f"{context.product.name} {'runs' if done.changed else 'runs already'} at {address}")
        return
    context.terminal.say(done.text if done.changed else "all of it runs already")
    for application in started:
        if application.address:
            context.terminal.say(f"{application.name} listens at {status_view.url(application.address)}")


def _address(applications: Sequence[ApplicationStatus], name: str) -> str | None:
    addresses = {application.name: application.address for application in applications}
    address = addresses.get(name)
    return status_view.url(address) if address else None

"""`chorus start`: finds out what to start, sees to it that a manager runs, hands it over, says where it is reached.

A start that fails leaves things as they were: when it had to start the keeper, it ends it again.
"""

import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from chorus.cluster.cli import asking, daemon, ecosystem, environments, folder, pm2_file, startable, status_view
from chorus.cluster.cli.failure import OK, CommandFailed, nearest, usage
from chorus.cluster.cli.inherited import inherited
from chorus.cluster.cli.product import Context, Wish
from chorus.cluster.cli.startable import Kind
from chorus.cluster.messages import ApplicationStatus, Configure, Description, Done, Kill, Scale, Start
from chorus.cluster.spec import LARGEST_CLUSTER, ApplicationSpec, ClusterSpec

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
    cluster: ClusterSpec | None = None
    """Settings of the cluster, where a file has some."""


def run(context: Context) -> int:
    """Start what the command line names."""
    context.home.prepare()
    plan = _plan(context)
    for spec in plan.specs:
        check(context, spec)

    launched = False
    try:
        with daemon.handing_over(context.home, context.environment) as launched:
            try:
                done = _start(context, plan)
            except CommandFailed:
                if launched:
                    _end(context)
                raise
    except KeyboardInterrupt:
        context.terminal.note(_left_behind(context, plan, launched=launched))
        raise
    _report(context, plan, done)
    return OK


def _left_behind(context: Context, plan: Plan, *, launched: bool) -> str:
    """How an interrupted start leaves things."""
    if launched or daemon.keeper_pid(context.home) is None:
        return "interrupted: nothing was left running"
    names = " ".join([spec.name for spec in plan.specs] or plan.targets)
    return f"interrupted: the start goes on; chorus status shows how far it is, chorus stop {names} ends it"


def check(context: Context, spec: ApplicationSpec, *hints: str) -> None:
    """Refuse an application that cannot run so, before anything is done: the one that runs goes on."""
    if not context.home.room_for(spec.name):
        raise CommandFailed(f"{spec.name}: the name is too long for a socket in {context.home.path}")
    if objections := context.product.objections(spec):
        first, *others = [f"{spec.name}: {objection}" for objection in objections]
        raise CommandFailed(first, [*others, "Nothing was changed.", *hints])


def _plan(context: Context) -> Plan:
    arguments, here = context.arguments, folder.here(context.environment)
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
        path = os.path.expanduser(words[0])
        cluster = ecosystem.read_cluster(path)
        return Plan(only(context, of_file(context, path)), if_absent=if_absent, cluster=cluster)
    spec = startable.specification(words[0], arguments, context.environment, here, warn=context.terminal.note)
    return Plan([_ready(context, spec)], if_absent=if_absent, must_be_new=not if_absent)


def _default(context: Context, here: str) -> Plan:
    """Without a word: the file of this folder, else the built-in applications. What runs is left alone."""
    path = ecosystem.found_in(here)
    if path is not None:
        _refuse(context, _ONE_ALONE, f"{os.path.basename(path)} of this folder")
        cluster = ecosystem.read_cluster(path)
        return Plan(only(context, of_file(context, path)), if_absent=True, cluster=cluster)
    return Plan(only(context, _builtin(context, here)), if_absent=True, builtin=True)


def _by_name(context: Context, words: Sequence[str], here: str) -> Plan:
    """Applications by name: those that the manager knows, else those that `start` alone would start."""
    if _known(context, words):
        _refuse(context, (*_ONE_ALONE, "only"), "the name of an application that is there")
        return Plan(targets=words, if_absent=context.arguments.given("if-absent"))
    path = ecosystem.found_in(here)
    specs = of_file(context, path) if path is not None else None
    names = [spec.name for spec in specs] if specs is not None else list(context.product.builtin_names)
    there = [each.name for each in asking.status(context).applications] if daemon.answers(context.home) else []
    for word in words:
        if word not in names:
            near = nearest(word, [*names, *there])
            raise CommandFailed(
                f'"{word}" is no file, no program and no application; applications: {", ".join(there) or "none"}',
                [f"Did you mean {near}?"] if near else [],
            )
    builtin = specs is None
    specs = _builtin(context, here) if specs is None else specs
    return Plan([spec for spec in specs if spec.name in words], if_absent=True, builtin=builtin)


def _known(context: Context, words: Sequence[str]) -> bool:
    """Whether every word is the name of an application that the manager has."""
    if not daemon.answers(context.home):
        return False
    names = {application.name for application in asking.status(context).applications}
    return set(words) <= names


def of_file(context: Context, path: str) -> list[ApplicationSpec]:
    """The applications of a file with the shell's variables under their own, and the environment that holds.

    An application that is there keeps the environment that was selected for it, unless --env says another one.

    Raises:
        CommandFailed: the file cannot be read, or no application in it has the environment that --env says.
    """
    given = context.arguments.text("env") or None
    if given is not None:
        specs = ecosystem.read(path, environment=given, warn=context.terminal.note)
        environments.refuse_unknown(given, specs, path)
        return [_ready(context, spec) for spec in specs]
    kept = _environments(context)
    specs = {spec.name: spec for spec in ecosystem.read(path, warn=context.terminal.note)}
    for environment in sorted({kept[name] for name in specs if name in kept}):
        names = [name for name in specs if kept.get(name) == environment]
        again = ecosystem.read(path, environment=environment)
        specs |= {spec.name: spec for spec in again if spec.name in names}
        context.terminal.note(f"{', '.join(names)}: environment {environment} kept; --env selects another")
    return [_ready(context, spec) for spec in specs.values()]


def _environments(context: Context) -> dict[str, str]:
    """The selected environment of each application that is there and has one."""
    if not daemon.answers(context.home):
        return {}
    known = asking.status(context).applications
    return {each.name: each.environment for each in known if each.environment is not None}


def _there(context: Context) -> list[Description]:
    """The built-in applications that the manager knows, as they were started."""
    if not daemon.answers(context.home):
        return []
    return [each for each in asking.descriptions(context, []) if each.spec.name in context.product.builtin_names]


def _builtin(context: Context, here: str) -> list[ApplicationSpec]:
    _refuse(context, ("name",), context.product.name)
    environment = dict(context.environment)
    selected = context.arguments.text("env") or _environments(context).get(context.product.primary)
    if selected is not None:
        environment["CHORUS_ENV"] = selected
    for option, variable in (("port", "PORT"), ("host", "HOST")):
        if context.arguments.given(option):
            environment[variable] = context.arguments.text(option)
    instances = context.arguments.number("instances", 0, least=1, most=LARGEST_CLUSTER) or None
    there = _there(context)
    running = [each.spec for each in there if any(role.runs for role in each.instances)]
    wish = Wish(context.home, environment, here, instances, frozenset(spec.name for spec in running))
    try:
        specs = context.product.builtin(wish)
    except CommandFailed as error:  # of no matter where all of it runs, started by a shell with other variables
        if len(running) < len(there) or not any(spec.name == context.product.primary for spec in running):
            raise
        for problem in (error.message, *error.detail):
            context.terminal.note(f"not applied to what runs: this shell's settings: {problem}")
        return running
    return [_ready(context, msgspec.structs.replace(spec, environment=selected or None), environment) for spec in specs]


def _ready(context: Context, spec: ApplicationSpec, environment: dict[str, str] | None = None) -> ApplicationSpec:
    """The specification with the caller's environment under its own."""
    shell = inherited(environment or context.environment)
    if spec.filter_env is True:
        shell = {}
    elif spec.filter_env:
        shell = {name: value for name, value in shell.items() if not name.startswith(spec.filter_env)}
    if spec.port is not None:  # the manager says which port, whatever PORT says here
        shell.pop("PORT", None)
    if pm2_file.BRIDGE in spec.interpreter_args:
        shell["CHORUS_PYTHON"] = sys.executable
    selected = context.arguments.text("env") or spec.environment
    return msgspec.structs.replace(spec, inherited=shell, environment=selected)


def only(context: Context, specs: list[ApplicationSpec]) -> list[ApplicationSpec]:
    """Those of the applications that --only names; all without it."""
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
    if plan.cluster is not None:
        asking.done(context, Configure(plan.cluster))
    done = asking.done(
        context,
        Start(
            applications=list(plan.specs),
            targets=list(plan.targets),
            if_absent=plan.if_absent,
            must_be_new=plan.must_be_new,
        ),
    )
    if plan.builtin and context.arguments.given("instances"):  # also of what ran already
        scaled = asking.done(context, Scale(context.product.primary, context.arguments.text("instances")))
        return scaled if scaled.changed else done
    return done


def _end(context: Context) -> None:
    """End the keeper that this command started; the error that led here matters more than one in this."""
    try:
        with daemon.ending(context.home):
            asking.done(context, Kill())
    except CommandFailed as error:
        if not daemon.end_by_signal(context.home):
            return
        context.terminal.note(f"the manager did not end by itself: {error.message}")


def _report(context: Context, plan: Plan, done: Done) -> None:
    applications = asking.status(context).applications
    names = [spec.name for spec in plan.specs] or list(plan.targets)
    started = [application for application in applications if application.name in names]
    if not done.changed:
        _refuse_trouble(started)
    if context.arguments.given("json"):
        context.terminal.say(msgspec.json.encode({"text": done.text, "changed": done.changed}).decode())
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

"""The applications as a command line wants them: those of a file or those built in, under this shell's variables."""

import os
import sys
from collections.abc import Mapping

import msgspec

from chorus.cluster.cli import asking, daemon, ecosystem, environments, pm2_file
from chorus.cluster.cli.failure import CommandFailed, usage
from chorus.cluster.cli.inherited import under
from chorus.cluster.cli.product import Context, Wish
from chorus.cluster.messages import Description
from chorus.cluster.spec import LARGEST_CLUSTER, ApplicationSpec, pm2


def check(context: Context, spec: ApplicationSpec, *hints: str) -> None:
    """Refuse an application that cannot run so, before anything is done: the one that runs goes on.

    Raises:
        CommandFailed: with everything that speaks against it, and the hints.
    """
    if not context.home.room_for(spec.name):
        raise CommandFailed(f"{spec.name}: the name is too long for a socket in {context.home.path}")
    if objections := context.product.objections(spec):
        first, *others = [f"{spec.name}: {objection}" for objection in objections]
        raise CommandFailed(first, [*others, "Nothing was changed.", *hints])


def of_file(context: Context, path: str) -> list[ApplicationSpec]:
    """The applications of a file with the shell's variables under their own, and the environment that holds.

    An application that is there keeps the environment that was selected for it, unless --env says another one.

    Raises:
        CommandFailed: the file cannot be read, or no application in it has the environment that --env says.
    """
    given = context.arguments.text("env") or None
    if given is not None:
        specs = ecosystem.read(path, context.environment, environment=given, warn=context.terminal.note)
        environments.refuse_unknown(given, specs, path)
        return [ready(context, spec) for spec in specs]
    kept = _environments(context)
    specs = {spec.name: spec for spec in ecosystem.read(path, context.environment, warn=context.terminal.note)}
    for environment in sorted({kept[name] for name in specs if name in kept}):
        names = [name for name in specs if kept.get(name) == environment]
        again = ecosystem.read(path, context.environment, environment=environment)
        specs |= {spec.name: spec for spec in again if spec.name in names}
        context.terminal.note(f"{', '.join(names)}: environment {environment} kept; --env selects another")
    return [ready(context, spec) for spec in specs.values()]


def builtin(context: Context, here: str) -> list[ApplicationSpec]:
    """The applications that the program brings, as this shell and this command line have them.

    Raises:
        CommandFailed: they cannot run so, and not all of them run already.
    """
    environment = dict(context.environment)
    selected = context.arguments.text("env") or _environments(context).get(context.product.primary)
    if selected is not None:
        environment["CHORUS_ENV"] = selected
    for option, variable in (("port", "PORT"), ("host", "HOST")):
        if context.arguments.given(option):
            environment[variable] = context.arguments.text(option)
    instances = asked_instances(context)
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
    return [ready(context, msgspec.structs.replace(spec, environment=selected or None), environment) for spec in specs]


def asked_instances(context: Context) -> int | None:
    """How many --instances says; None without it."""
    if context.arguments.text("instances") == "max":
        return min(len(os.sched_getaffinity(0)), LARGEST_CLUSTER)
    return context.arguments.number("instances", 0, least=1, most=LARGEST_CLUSTER) or None


def ready(context: Context, spec: ApplicationSpec, environment: Mapping[str, str] | None = None) -> ApplicationSpec:
    """The specification with the caller's environment under its own."""
    shell = under(spec, environment or context.environment)
    if pm2_file.BRIDGE in spec.interpreter_args:
        shell["CHORUS_PYTHON"] = sys.executable
    selected = context.arguments.text("env") or spec.environment
    return msgspec.structs.replace(spec, inherited=shell, environment=selected)


def only(context: Context, specs: list[ApplicationSpec]) -> list[ApplicationSpec]:
    """Those of the applications that --only names, by our name or the one that a file of PM2's has; all without it."""
    wanted = {word: _called(word, specs) for word in context.arguments.words("only")}
    for word, name in wanted.items():
        if name is None:
            raise usage(f'--only: found "{word}", expected one of {", ".join(spec.name for spec in specs)}')
    return [spec for spec in specs if not wanted or spec.name in wanted.values()]


def _called(word: str, specs: list[ApplicationSpec]) -> str | None:
    names = [spec.name for spec in specs]
    return next((name for name in (word, pm2.name_here(word)) if name in names), None)


def _environments(context: Context) -> dict[str, str]:
    """The selected environment of each application that is there and has one."""
    if not daemon.runs(context.home):
        return {}
    known = asking.status(context).applications
    return {each.name: each.environment for each in known if each.environment is not None}


def _there(context: Context) -> list[Description]:
    """The built-in applications that the manager knows, as they were started."""
    if not daemon.runs(context.home):
        return []
    return [each for each in asking.descriptions(context, []) if each.spec.name in context.product.builtin_names]

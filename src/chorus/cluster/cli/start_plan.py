"""What `chorus start` is to do, found out from its words.

The rule where a word could mean two things: what the cluster knows goes before what could be started. So `start web` is
the application web where there is one, and `start ./web` the program of this folder.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from chorus.cluster.cli import asking, daemon, ecosystem, folder, startable, wanted
from chorus.cluster.cli.failure import NOT_RUNNING, CommandFailed, nearest, usage
from chorus.cluster.cli.product import Context
from chorus.cluster.cli.startable import Kind
from chorus.cluster.spec import ApplicationSpec, ClusterSpec

_NOT_BUILT_IN = tuple(option for option in startable.OF_ONE if option not in {"instances", "host", "port"})
"""Options that make no sense for the built-in applications; for a file of applications none of one has any."""


class Plan(NamedTuple):
    """What the manager will be asked."""

    specs: Sequence[ApplicationSpec] = ()
    targets: Sequence[str] = ()
    """What of the applications that it knows already."""

    meant: Sequence[str] = ()
    """The names of the applications that the targets belong to."""

    if_absent: bool = False
    must_be_new: bool = False
    """An application of that name that is there already is an error, even one that is stopped."""

    builtin: bool = False
    cluster: ClusterSpec | None = None
    """Settings of the cluster, where a file has some."""

    @property
    def names(self) -> list[str]:
        """Of all applications that are to be started."""
        return [*(spec.name for spec in self.specs), *self.meant]


def plan(context: Context) -> Plan:
    """What the words of the command line ask for.

    Raises:
        CommandFailed: they name nothing that can be started, or more than goes together.
    """
    arguments, here = context.arguments, folder.here(context.environment)
    if_absent = arguments.given("if-absent")
    words = arguments.operands
    if not words:
        if arguments.rest:
            raise usage("start: arguments after -- need a program before it")
        return _default(context, here)
    if found := _targets(context, words):
        return found

    kinds = {startable.kind(word, here) for word in words}
    if kinds == {Kind.NAME}:
        return _by_name(context, words, here)
    if len(words) > 1:
        raise usage(
            f"start: found {len(words)} things to start, expected one, or names of applications",
            f'quote a command line: "{" ".join(words)}"',
        )
    if kinds == {Kind.FILE}:
        _refuse(context, startable.OF_ONE, "a file")
        path = os.path.expanduser(words[0])
        cluster = ecosystem.read_cluster(path)
        return Plan(wanted.only(context, wanted.of_file(context, path)), if_absent=if_absent, cluster=cluster)
    start = folder.tellable(here)
    spec = startable.specification(words[0], arguments, context.environment, start, warn=context.terminal.note)
    return Plan([wanted.ready(context, spec)], if_absent=if_absent, must_be_new=not if_absent)


def _default(context: Context, here: str) -> Plan:
    """Without a word: the file of this folder, else the built-in applications. What runs is left alone."""
    path = ecosystem.found_in(here)
    if path is not None:
        _refuse(context, startable.OF_ONE, f"{os.path.basename(path)} of this folder")
        cluster = ecosystem.read_cluster(path)
        return Plan(wanted.only(context, wanted.of_file(context, path)), if_absent=True, cluster=cluster)
    return Plan(wanted.only(context, _builtin(context, here)), if_absent=True, builtin=True)


def _targets(context: Context, words: Sequence[str]) -> Plan | None:
    """What the manager knows by these words, in the grammar of all commands; None where one names nothing there.

    An application or an instance that is named by itself and runs is restarted; where a word stands for a group, what
    of it runs is left alone.
    """
    if not all(map(startable.may_be_target, words)) or not daemon.runs(context.home):
        return None
    try:
        found = asking.descriptions(context, list(words))
    except CommandFailed as error:
        if error.reason != "unknown_target":
            raise
        return None
    _refuse(context, (*startable.OF_ONE, "only"), "what is there already")
    names = [each.spec.name for each in found]
    groups = [word for word in words if word not in names and not startable.is_instance(word)]
    return Plan(targets=words, meant=names, if_absent=bool(groups) or context.arguments.given("if-absent"))


def _by_name(context: Context, words: Sequence[str], here: str) -> Plan:
    """Applications by name: those that the manager knows, and of the others those that `start` alone would start."""
    known = {word: found for word in words if (found := _targets(context, [word])) is not None}
    others = [word for word in words if word not in known]
    for word in others:
        if startable.is_target_alone(word) or startable.is_path(word):  # no file of this folder need be asked
            raise _unknown(context, word, [])
    path = ecosystem.found_in(here)
    specs = wanted.of_file(context, path) if path is not None else None
    names = [spec.name for spec in specs] if specs is not None else list(context.product.builtin_names)
    for word in others:
        if word not in names:
            raise _unknown(context, word, names)
    built_in = specs is None
    specs = _builtin(context, here) if specs is None else specs
    chosen = [spec for spec in specs if spec.name in others]
    meant = [name for found in known.values() for name in found.meant]
    return Plan(chosen, list(known), meant, if_absent=True, builtin=built_in)


def _unknown(context: Context, word: str, names: Sequence[str]) -> CommandFailed:
    """The error for a word that nobody knows; `names` are those that could be started here."""
    runs = daemon.runs(context.home)
    there = [each.name for each in asking.status(context).applications] if runs else []
    known = f"applications: {', '.join(there) or 'none'}"
    if startable.is_target_alone(word):
        if not runs:
            saved = os.path.exists(os.path.join(context.home.state, "saved.json"))
            hints = ["Start with: chorus start", *["What was saved comes back with: chorus restore"] * saved]
            return CommandFailed(f'nothing runs that "{word}" could name', hints, code=NOT_RUNNING)
        return CommandFailed(f'"{word}" names no application, namespace or instance; {known}', reason="unknown_target")
    if startable.is_path(word):
        path = os.path.abspath(os.path.expanduser(word))
        if os.path.isdir(path):
            hints = ["To start what its ecosystem.toml has: chorus start, in that folder"]
            return CommandFailed(f'"{word}": {path} is a folder, expected a file', hints)
        return CommandFailed(f'"{word}": there is no file {path}, and no application of that name; {known}')
    near = nearest(word, [*names, *there])
    hints = [f"Did you mean {near}?"] if near else []
    return CommandFailed(f'"{word}" is no file, no program and no application; {known}', hints, reason="unknown_target")


def _builtin(context: Context, here: str) -> list[ApplicationSpec]:
    _refuse(context, _NOT_BUILT_IN, context.product.name)
    return wanted.builtin(context, folder.tellable(here))


def _refuse(context: Context, options: Sequence[str], what: str) -> None:
    for name in options:
        if context.arguments.given(name):
            raise usage(f"start: --{name} does not go with {what}")

"""ecosystem.toml: the applications of a project, as its operators write them down.

    [defaults]                      # laid under every application
    max_restarts = 5

    [[apps]]
    name = "shop"
    app = "shop.web:application"
    port = 8000
    instances = 4

The keys of a table are the fields of `ApplicationSpec`. An error names the file, the line, the key, what stands there
and what belongs there, and all errors of a file come at once.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import msgspec

from chorus.cluster.cli import folder, machine, pm2_file, toml_places
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.spec import ApplicationSpec, ClusterSpec, pm2
from chorus.cluster.spec.problems import Problem, SpecError
from chorus.cluster.spec.reading import parse, parse_cluster

FILE_NAME: Final = "ecosystem.toml"

_TWICE: Final = ("Cannot overwrite", "Cannot declare", "Duplicate")
"""How the parser begins to say that something is there already."""

LARGEST_FILE: Final = 1024 * 1024
"""Bytes."""

_AT: Final = re.compile(r"^(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)


def read(
    path: str,
    shell: Mapping[str, str] = os.environ,
    *,
    environment: str | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> list[ApplicationSpec]:
    """Read the applications of a file: an ecosystem.toml, or one of PM2's.

    Args:
        path: the file; the applications' `cwd` is relative to its folder.
        shell: the variables that the applications will inherit.
        environment: the selected environment: its `env_<name>` tables are laid over `env`.
        warn: is told what in the file is accepted but means nothing here.

    Raises:
        CommandFailed: the file cannot be read, is not what its name says, or says something that cannot be run.
    """
    text = _text(path)
    shown = os.path.relpath(path, folder.here())
    source = path if shown.startswith("..") else shown
    foreign = pm2_file.is_one(path)
    try:
        if foreign:
            found = pm2_file.load(path, text, source)
            document, notes = pm2.translate(found, environment=environment, bridge=pm2_file.BRIDGE)
            for line in notes.lines(source):
                warn(line)
        else:
            document = _with_defaults(_toml(text, source), source)
        specs = parse(
            document,
            source=source,
            directory=os.path.dirname(folder.absolute(path)),
            environment=environment,
            processors=len(os.sched_getaffinity(0)),
            warn=warn,
        )
        if missing := machine.missing(document, specs, shell):
            raise SpecError(source, missing)
        for line in machine.warnings(document, specs, shell):
            warn(f"{source}: {line}")
    except SpecError as error:
        raise (_foreign_failure if foreign else _failure)(path, source, text, error.problems) from error
    return [msgspec.structs.replace(spec, source=folder.absolute(path)) for spec in specs]


def read_cluster(path: str) -> ClusterSpec | None:
    """The settings of the cluster in a file; None where it says nothing of it, as PM2's never do.

    Raises:
        CommandFailed: the file cannot be read, or says something wrong of it.
    """
    if pm2_file.is_one(path):
        return None
    text = _text(path)
    try:
        return parse_cluster(_toml(text, path), source=path)
    except SpecError as error:
        raise _failure(path, path, text, error.problems) from error


def found_in(folder: str) -> str | None:
    """The ecosystem file of a folder; our own goes before PM2's.

    A name that cannot be read, such as a link to a file that is not there, counts: `read` says what is wrong with it.
    """
    paths = (os.path.join(folder, name) for name in (FILE_NAME, *pm2_file.NAMES))
    return next((path for path in paths if os.path.lexists(path)), None)


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from error
    if len(content) > LARGEST_FILE:
        raise CommandFailed(f"{path}: found more than {LARGEST_FILE} bytes, expected a file of applications")
    try:
        return content.decode("utf-8-sig")  # editors of another system put a mark before the first line
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"{path}:{line}: found a byte that is not UTF-8, expected text") from error


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CommandFailed(_not_toml(text, source, str(error))) from error
    except (RecursionError, ValueError) as error:  # lists in lists, or a number, beyond all measure
        raise CommandFailed(f"{source}: not TOML: {error}") from error


def _not_toml(text: str, source: str, message: str) -> str:
    if not (match := _AT.match(message)):
        return f"{source}: not TOML: {message}"
    number = int(match[2]) if match[2] else None
    if match[1].startswith(_TWICE) and (twice := toml_places.second(text, number)):
        return f"{source}:{twice.line}: {twice.key}: found a second time, expected once; line {twice.first} has it"
    line = f":{match[2]}:{match[3]}" if match[2] else ""
    return f"{source}{line}: not TOML: {match[1]}{'' if match[2] else ' at the end of the file'}"


def _with_defaults(document: dict[str, Any], source: str) -> dict[str, Any]:
    """Lay `[defaults]` under every application: tables are joined key by key, all else is the application's own."""
    defaults = document.pop("defaults", {})
    if not isinstance(defaults, dict):
        raise SpecError(source, [Problem("defaults", repr(defaults), "a table")])
    if not defaults:
        return document
    return {
        key: [_under(cast("dict[str, Any]", defaults), entry) for entry in cast("list[Any]", entries)]
        if key in {"apps", "applications"} and isinstance(entries, list)
        else entries
        for key, entries in document.items()
    }


def _under(defaults: dict[str, Any], entry: Any) -> Any:
    if not isinstance(entry, dict):  # parse names what is wrong with it
        return entry
    table = cast("dict[str, Any]", entry)
    joined = {**defaults, **table}
    for key, value in defaults.items():
        if isinstance(value, dict) and isinstance(table.get(key), dict):
            joined[key] = {**value, **table[key]}
    return joined


def _foreign_failure(path: str, source: str, text: str, problems: list[Problem]) -> CommandFailed:
    lines = [(pm2_file.line_of(path, text, problem.key), problem) for problem in problems]
    first, *others = [f"{source}{f':{line}' if line else ''}: {problem}" for line, problem in lines]
    return CommandFailed(first, others)


def _failure(_path: str, source: str, text: str, problems: list[Problem]) -> CommandFailed:
    written: list[tuple[int, str]] = []
    for problem in problems:
        line = _line_of(text, problem.key)
        if problem.also and (other := toml_places.line_of(text, problem.also)):
            problem = msgspec.structs.replace(problem, found=problem.found.replace(problem.also, f"line {other}"))
        written.append((line or 0, f"{source}{f':{line}' if line else ''}: {problem}"))
    first, *others = dict.fromkeys(text for _, text in sorted(written, key=lambda each: each[0]))
    return CommandFailed(first, others)


def _line_of(text: str, key: str) -> int | None:
    """The line of a key of an application; where it came from `[defaults]`, its line there."""
    default = re.sub(r"^(apps|applications)\[\d+\]", "defaults", key)
    laid_under = default != key and toml_places.is_written(text, default) and not toml_places.is_written(text, key)
    return toml_places.line_of(text, default if laid_under else key)

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

import grp
import os
import pwd
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

import msgspec

from chorus.cluster.cli import folder, pm2_file
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.spec import ApplicationSpec, ClusterSpec, pm2
from chorus.cluster.spec.problems import Problem, SpecError
from chorus.cluster.spec.reading import parse, parse_cluster

FILE_NAME: Final = "ecosystem.toml"

LARGEST_FILE: Final = 1024 * 1024
"""Bytes."""

_AT: Final = re.compile(r"^(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)
_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(
    r"^\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)
_PART: Final = re.compile(r"\"[^\"]*\"|'[^']*'|[^.\s]+")


def read(
    path: str, *, environment: str | None = None, warn: Callable[[str], None] = lambda _: None
) -> list[ApplicationSpec]:
    """Read the applications of a file: an ecosystem.toml, or one of PM2's.

    Args:
        path: the file; the applications' `cwd` is relative to its folder.
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
        if missing := _missing_scripts(document, specs) + _missing_accounts(document, specs):
            raise SpecError(source, missing)
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


def line_of(text: str, key: str) -> int | None:
    """The line, from 1, where a key such as "apps[1].health.path" is written; else that of the table it belongs to."""
    wanted = _steps(key)
    best: tuple[int, int] | None = None
    for place in _places(text):
        length = len(place.steps)
        if place.steps == wanted[:length] and (best is None or length > best[0]):
            best = (length, place.line)
    return best[1] if best else None


class _Place(NamedTuple):
    steps: tuple[str, ...]
    line: int


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from error
    if len(content) > LARGEST_FILE:
        raise CommandFailed(f"{path}: found more than {LARGEST_FILE} bytes, expected a file of applications")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"{path}:{line}: found a byte that is not UTF-8, expected text") from error


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CommandFailed(_not_toml(source, str(error))) from error


def _not_toml(source: str, message: str) -> str:
    if not (match := _AT.match(message)):
        return f"{source}: not TOML: {message}"
    line = f":{match[2]}:{match[3]}" if match[2] else ""
    return f"{source}{line}: not TOML: {match[1]}{'' if match[2] else ' at the end of the file'}"


def _missing_scripts(document: Mapping[str, Any], specs: list[ApplicationSpec]) -> list[Problem]:
    """Scripts that are not there. `specs` stand in the order of the document."""
    return [
        Problem(f"{place}.script", f'"{spec.script}"', f"a file; there is no {path}")
        for place, spec in zip(_places_of(document), specs, strict=True)
        if spec.script is not None and not os.path.isfile(path := spec.resolve(os.path.expanduser(spec.script)))
    ]


def _missing_accounts(document: Mapping[str, Any], specs: list[ApplicationSpec]) -> list[Problem]:
    """Users and groups that this machine does not have. `specs` stand in the order of the document."""
    return [
        Problem(f"{place}.{key}", f'"{name}"', f"a {what} of this machine, by name or number")
        for place, spec in zip(_places_of(document), specs, strict=True)
        for key, what, name, look_up in (
            ("uid", "user", spec.uid, pwd.getpwnam),
            ("gid", "group", spec.gid, grp.getgrnam),
        )
        if isinstance(name, str) and not _is_there(look_up, name)
    ]


def _is_there(look_up: Callable[[str], object], name: str) -> bool:
    try:
        look_up(name)
    except (KeyError, ValueError):  # nobody of that name, or a byte in it that no name has
        return False
    return True


def _places_of(document: Mapping[str, Any]) -> list[str]:
    """Where the applications of a document stand, in their order: "apps[0]"."""
    return [f"{key}[{n}]" for key in ("applications", "apps") for n in range(len(document.get(key, ())))]


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
        line = line_of(text, problem.key)
        default = re.sub(r"^(apps|applications)\[\d+\]", "defaults", problem.key)
        if default != problem.key and _exact(text, default) and not _exact(text, problem.key):
            line = line_of(text, default)
        if problem.also and (other := line_of(text, problem.also)):
            problem = msgspec.structs.replace(problem, found=problem.found.replace(problem.also, f"line {other}"))
        written.append((line or 0, f"{source}{f':{line}' if line else ''}: {problem}"))
    first, *others = dict.fromkeys(text for _, text in sorted(written, key=lambda each: each[0]))
    return CommandFailed(first, others)


def _exact(text: str, key: str) -> bool:
    steps = _steps(key)
    return any(place.steps == steps for place in _places(text))


def _steps(key: str) -> tuple[str, ...]:
    """Split "apps[1].port" into ("apps", "1", "port")."""
    return tuple(part for part in re.split(r"[.\[\]]+", key) if part)


def _places(text: str) -> list[_Place]:
    """Where tables begin and keys are set. Text inside multi-line strings and arrays is passed over."""
    places: list[_Place] = []
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if match := _HEADER.match(line):
            table = _table(match[2], counts, array=match[1] == "[[")
            places.append(_Place(table, number))
        elif match := _KEY.match(line):
            places.append(_Place((*table, *_names(match[1])), number))
            inside = next((quote for quote in ('"""', "'''") if line.count(quote) == 1), "")
    return places


def _table(name: str, counts: dict[tuple[str, ...], int], *, array: bool) -> tuple[str, ...]:
    """The steps of a table's header: within an array of tables it belongs to the last one begun."""
    path: tuple[str, ...] = ()
    names = _names(name)
    for n, part in enumerate(names):
        path = (*path, part)
        if array and n == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, str(counts[path]))
    return path


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))

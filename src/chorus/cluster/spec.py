"""One application's specification: every option declared once, checked once, the same everywhere afterwards.

    document = {"applications": [{"name": "web", "app": "shop.web:application", "port": 8000, "instances": 4}]}
    [spec] = parse(document, source="ecosystem.toml", directory="/srv/shop")
    spec.kill_timeout          # 10.0 seconds, the default

Durations are seconds; a document may also write "500ms", "10s", "5m" or "1h". Sizes are bytes; a document may also
write "512M" or "1G" (powers of 1024). `parse` collects every problem of a document before it complains, so that a file
is repaired in one pass.
"""

import difflib
import os.path
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, cast, get_args

import msgspec
from msgspec import Meta

from chorus.cluster.restarts import RestartPolicy

Seconds = Annotated[float, Meta(ge=0, le=31_536_000, extra={"reads": "seconds"})]
"""A duration; a document may write a number of seconds or "500ms", "10s", "5m", "1h"."""

Bytes = Annotated[int, Meta(ge=0, extra={"reads": "bytes"})]
"""A size; a document may write a number of bytes or "512M", "1G" (powers of 1024)."""

Name = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,31}$", extra={"expected": "a letter, then up to 31 of A-Z a-z 0-9 . _ -"}),
]

LARGEST_CLUSTER = 128
"""Instances one application may have."""

LARGEST_DOCUMENT = 128
"""Applications one document may have."""

RESERVED_NAMES = frozenset({"all"})
"""Words that mean something else where an application is named."""


class Health(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the manager asks an instance whether it is well. Times in seconds."""

    path: Annotated[
        str, Meta(pattern=r"^/[!-~]*$", max_length=1024, extra={"expected": "a path that starts with /"})
    ] = "/health/ready"
    """Asked with GET on the instance's private socket; 2xx is well."""

    grace: Seconds = 3.0
    """Seconds after the start in which a failed check counts for nothing."""

    interval: Seconds = 5.0
    """Seconds between two checks of an instance that is online."""

    timeout: Seconds = 5.0
    """Seconds until a check without an answer has failed."""

    threshold: Annotated[int, Meta(ge=1, le=1000)] = 3
    """Failures in a row after which the instance is restarted, gracefully."""


class ApplicationSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the cluster knows of how an application is to run.

    Exactly one of `app`, `command` and `script` is set. `parse` reads a document; a program may also make one directly:
    `ApplicationSpec(name="web", app="shop.web:application", cwd="/srv/shop", port=8000)`.
    """

    name: Name

    app: (
        Annotated[
            str, Meta(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$", extra={"expected": '"package.module:attribute"'})
        ]
        | None
    ) = None
    """An ASGI application, or a function without arguments that returns one: "package.module:attribute"."""

    command: tuple[str, ...] = ()
    """Any program and its arguments; it gets its sockets by LISTEN_FDS and speaks NOTIFY_SOCKET if it can."""

    script: str | None = None
    """A file to run with `interpreter`; relative to `cwd`."""

    interpreter: str | None = None
    """Runs `script`, or the worker of an `app`.

    None: the Python of the manager for `app` and *.py, node for *.js, else the file itself.
    """

    args: tuple[str, ...] = ()
    """Arguments after the command, the script or the application's name."""

    cwd: str = "."
    """Working directory; made absolute by `parse`."""

    env: dict[str, str] = {}
    """Variables of the instances, over the few that every instance gets (PATH, HOME, LANG …)."""

    namespace: Name = "default"
    """A group of applications that commands can name together."""

    instances: Annotated[int, Meta(ge=1, le=LARGEST_CLUSTER)] = 1
    """Instances at the start; `scale` changes the number afterwards."""

    port: Annotated[int, Meta(ge=0, le=65535)] | None = None
    """TCP port that the keeper binds and all instances share; 0 lets the system choose. None: no socket."""

    host: str = "127.0.0.1"
    """Address that `port` is bound to."""

    backlog: Annotated[int, Meta(ge=1, le=65535)] = 2048
    """Connections that may wait in the kernel's queue."""

    wait_ready: bool = False
    """The program says READY=1 on NOTIFY_SOCKET; until then it is not online. An `app` always does."""

    listen_timeout: Seconds = 10.0
    """Seconds an instance may take until it is ready."""

    settle: Seconds = 1.0
    """Seconds a program that never says it is ready must live in a reload before it replaces the old instance."""

    overlap: bool | None = None
    """In a reload the new instance starts beside the old one. None: where they share a socket of the keeper."""

    kill_timeout: Seconds = 10.0
    """Seconds between `stop_signal` and SIGKILL."""

    stop_signal: Annotated[
        str,
        Meta(
            pattern=r"^SIG(TERM|INT|QUIT|HUP|USR1|USR2|KILL)$",
            extra={"expected": "SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2 or SIGKILL"},
        ),
    ] = "SIGTERM"
    """Asks an instance to finish."""

    autorestart: bool = True
    """An instance that exits by itself starts again."""

    stop_exit_codes: tuple[int, ...] = ()
    """Exit codes after which an instance stays stopped."""

    max_restarts: Annotated[int, Meta(ge=0, le=10_000)] = 5
    """Restarts allowed in `restart_window`; one more and the instance is errored."""

    restart_window: Seconds = 3600.0
    """Seconds over which restarts are counted."""

    restart_delay: Seconds = 4.0
    """Seconds between an exit and the restart."""

    restart_backoff: Annotated[float, Meta(ge=1.0, le=100.0)] = 1.0
    """Each further exit before `min_uptime` makes the delay this many times longer."""

    longest_restart_delay: Seconds = 60.0
    """Seconds the delay never exceeds, however often it grows."""

    min_uptime: Seconds = 10.0
    """Seconds after which a run counts as stable."""

    max_memory_restart: Bytes | None = 1024**3
    """Bytes of resident memory above which an instance is restarted, gracefully. None: no limit."""

    health: Health | None = None
    """How to ask an instance of `app` whether it is well. None: it is well while it runs."""

    out_file: str | None = "./logs/out.log"
    """Standard output of all instances; relative to `cwd`. None: not kept."""

    error_file: str | None = "./logs/err.log"
    """Standard error of all instances; relative to `cwd`. None: not kept."""

    combined_file: str | None = "./logs/combined.log"
    """Both together; relative to `cwd`. None: not kept."""

    timestamps: bool = True
    """Every line of the log files begins with its time."""

    uid: str | int | None = None
    """User of the instances, by name or number; the keeper must be root."""

    gid: str | int | None = None
    """Group of the instances, by name or number; the keeper must be root."""

    def __post_init__(self) -> None:
        if len(given := _programs(self)) != 1:
            raise ValueError(f"{' and '.join(given) or 'none'} given, expected exactly one of app, command, script")
        if self.health is not None and self.app is None:
            raise ValueError("health is checked for an app only; programs say how they are on NOTIFY_SOCKET")
        if self.name in RESERVED_NAMES:
            raise ValueError(f'"{self.name}" means every application where one is named, expected another name')

    @property
    def kind(self) -> Literal["asgi", "command"]:
        """Of `app`: "asgi", served by our own worker; "command" is everything else."""
        return "asgi" if self.app is not None else "command"

    @property
    def says_ready(self) -> bool:
        """Whether an instance is online only after its READY=1."""
        return self.wait_ready or self.app is not None

    @property
    def overlaps(self) -> bool:
        """Whether a reload starts the new instance beside the old one; else it stops the old one first."""
        return self.overlap if self.overlap is not None else self.app is not None or self.port is not None

    @property
    def restart_policy(self) -> RestartPolicy:
        """The part of the specification that `restarts.decide` wants."""
        return RestartPolicy(
            intensity=self.max_restarts,
            period=self.restart_window,
            delay=self.restart_delay,
            backoff=self.restart_backoff,
            longest_delay=self.longest_restart_delay,
            min_uptime=self.min_uptime,
        )

    def resolve(self, path: str) -> str:
        """Make a path of this specification absolute: it is relative to `cwd`."""
        return os.path.normpath(os.path.join(self.cwd, path))


def _programs(spec: ApplicationSpec) -> list[str]:
    """The options given that say what to run."""
    return [key for key in ("app", "command", "script") if getattr(spec, key)]


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong in a document."""

    key: str
    """Where: "applications[0].port"."""

    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.key}: found {self.found}, expected {self.expected}"


class SpecError(ValueError):
    """A document that says something we cannot run. `problems` is never empty."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = list(problems)
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))


def parse(
    document: Mapping[str, Any], *, source: str, directory: str, environment: str | None = None
) -> list[ApplicationSpec]:
    """Read the applications of a document such as a parsed ecosystem.toml.

    Args:
        document: `{"applications": [{...}, ...]}`; the key may also be "apps". An application's keys are the fields of
            `ApplicationSpec`, and `env_<name>` tables that are laid over `env` when that environment is selected.
        source: what to call the document in an error: its file name.
        directory: absolute; `cwd` is relative to it.
        environment: the selected environment, such as "production".

    Raises:
        SpecError: with all problems of the document.
    """
    problems: list[Problem] = []
    specs: list[ApplicationSpec] = []
    for key, table in _applications(document, problems):
        if spec := _application(table, key, directory, environment, problems):
            specs.append(spec)
    _refuse_duplicates(specs, problems)
    if problems:
        raise SpecError(source, problems)
    return specs


def _applications(document: Mapping[str, Any], problems: list[Problem]) -> list[tuple[str, dict[str, Any]]]:
    """The application tables of the document, each with its place."""
    problems += [_unknown(key, key, ["applications"]) for key in document if key not in {"applications", "apps"}]
    given: list[tuple[str, object]] = [(key, document[key]) for key in ("applications", "apps") if key in document]
    if not given:
        problems.append(Problem("applications", "nothing", "a list of applications"))
    tables: list[tuple[str, dict[str, Any]]] = []
    for key, value in given:
        if not isinstance(value, list) or not value:
            problems.append(Problem(key, _show(document[key]), "a list of applications"))
            continue
        entries = cast("list[Any]", value)
        if len(entries) > LARGEST_DOCUMENT:
            problems.append(Problem(key, f"{len(entries)} applications", f"at most {LARGEST_DOCUMENT}"))
            continue
        for n, entry in enumerate(entries):
            if isinstance(entry, dict):
                tables.append((f"{key}[{n}]", cast("dict[str, Any]", entry)))
            else:
                problems.append(Problem(f"{key}[{n}]", _show(entry), "a table"))
    return tables


def _application(
    table: dict[str, Any], place: str, directory: str, environment: str | None, problems: list[Problem]
) -> ApplicationSpec | None:
    """One application; None when it has problems, which are added to the list."""
    before = len(problems)
    table = dict(table)
    env = _environment(table, place, environment, problems)
    if isinstance(table.get("health"), dict):
        table["health"] = _struct(Health, cast("dict[str, Any]", table["health"]), f"{place}.health", problems)
    values = _values(ApplicationSpec, table, place, problems)
    if "name" not in table:
        problems.append(Problem(f"{place}.name", "nothing", "a name"))
    problems += _contradictions(table, values, place)
    if len(problems) > before:
        return None
    values["env"] = env
    values["cwd"] = os.path.normpath(os.path.join(directory, os.path.expanduser(values.get("cwd", "."))))
    return ApplicationSpec(**values)


def _environment(table: dict[str, Any], place: str, environment: str | None, problems: list[Problem]) -> dict[str, str]:
    """Take `env` and every `env_<name>` out of the table and lay the selected one over `env`."""
    merged: dict[str, str] = {}
    layers = [key for key in table if key == "env" or key.startswith("env_")]
    for key in sorted(layers, key=len):
        layer = table.pop(key)
        if not isinstance(layer, dict):
            problems.append(Problem(f"{place}.{key}", _show(layer), "a table of variables"))
            continue
        for name, value in cast("dict[Any, Any]", layer).items():
            text = _variable(value)
            if not isinstance(name, str) or not name or "=" in name or "\0" in name:
                problems.append(Problem(f"{place}.{key}", _show(name), "a variable's name without ="))
            elif text is None:  # the value may be a secret: say its type only
                problems.append(Problem(f"{place}.{key}.{name}", type(value).__name__, "a text, a number or a boolean"))
            elif key in {"env", f"env_{environment}"}:
                merged[name] = text
    return merged


def _variable(value: object) -> str | None:
    """The text of a variable's value; None when it has none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        text = str(value)
        return None if "\0" in text else text
    return None


def _struct(
    kind: type[msgspec.Struct], table: dict[str, Any], place: str, problems: list[Problem]
) -> msgspec.Struct | None:
    before = len(problems)
    values = _values(kind, table, place, problems)
    return kind(**values) if len(problems) == before else None


def _values(kind: type[msgspec.Struct], table: dict[str, Any], place: str, problems: list[Problem]) -> dict[str, Any]:
    """Check a table key by key against the fields of a struct."""
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{place}.{key}"
        if key not in fields:
            problems.append(_unknown(where, key, list(fields)))
            continue
        if isinstance(value, msgspec.Struct):  # already checked
            values[key] = value
            continue
        hints = _hints(fields[key].type)
        try:
            values[key] = msgspec.convert(_read(value, hints.get("reads")), fields[key].type, strict=True)
        except (msgspec.ValidationError, ValueError) as error:
            problems.append(Problem(where, _show(value), hints.get("expected") or _expected(error)))
    return values


def _hints(annotation: Any) -> dict[str, str]:
    """The `extra` of the annotation's Meta, also when it stands inside a union with None."""
    for part in (annotation, *get_args(annotation)):
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, Meta) and meta.extra:
                return cast("dict[str, str]", meta.extra)
    return {}


_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$")
_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*([KMG])?(?:i?B)?$", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
_BYTES = {"K": 1024, "M": 1024**2, "G": 1024**3, None: 1}


def _read(value: Any, reads: str | None) -> Any:
    """A duration or size written with its unit as a number; every other value as it is."""
    if not isinstance(value, str) or reads is None:
        return value
    if reads == "seconds":
        if not (match := _DURATION.match(value)):
            raise ValueError('seconds, or a duration such as "500ms", "10s", "5m", "1h"')
        return float(match[1]) * _SECONDS[match[2]]
    if not (match := _SIZE.match(value)):
        raise ValueError('bytes, or a size such as "512M", "1G"')
    return int(float(match[1]) * _BYTES[match[2].upper() if match[2] else None])


def _contradictions(table: dict[str, Any], values: dict[str, Any], place: str) -> list[Problem]:
    """What is wrong between options that are right one by one."""
    problems: list[Problem] = []
    given = [key for key in ("app", "command", "script") if table.get(key)]
    if len(given) != 1:
        problems.append(Problem(place, " and ".join(given) or "none", 'exactly one of "app", "command", "script"'))
    if table.get("health") is not None and "app" not in table:
        problems.append(
            Problem(f"{place}.health", "a check of a program", 'a check of an "app"; programs use NOTIFY_SOCKET')
        )
    if values.get("name") in RESERVED_NAMES:
        problems.append(
            Problem(f"{place}.name", _show(values["name"]), "another name; this word means every application")
        )
    return problems


def _refuse_duplicates(specs: list[ApplicationSpec], problems: list[Problem]) -> None:
    seen: set[str] = set()
    for spec in specs:
        if spec.name in seen:
            problems.append(Problem("applications", f'two named "{spec.name}"', "a name of its own for each"))
        seen.add(spec.name)


def _unknown(where: str, key: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(key, known, n=1)
    return Problem(where, "an unknown key", f'"{near[0]}"' if near else f"one of {', '.join(sorted(known))}")


_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}


def _expected(error: Exception) -> str:
    """What a conversion asked for, in the words of the error."""
    text = str(error).partition(" - at ")[0].partition(", got ")[0].removeprefix("Expected ").replace("`", "")
    text = text.replace(" | null", "").replace(" | ", " or ")  # nothing is what an option is that is left out
    for word, plain in _WORDS.items():
        text = re.sub(rf"\b{word}\b", plain, text)
    return text


def _show(value: object) -> str:
    """A value as an operator would know it again, cut to a line."""
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."

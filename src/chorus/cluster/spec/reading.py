"""Reads the applications of a document, and names every problem before it complains, so that a file is repaired once.

    document = {"applications": [{"name": "web", "app": "shop.web:application", "port": 8000, "instances": 4}]}
    [spec] = parse(document, source="ecosystem.toml", directory="/srv/shop")
    spec.kill_timeout          # 10.0 seconds, the default

Durations are seconds; a document may also write "500ms", "10s", "5m" or "1h". Sizes are bytes; a document may also
write "512M" or "1G" (powers of 1024).
"""

import difflib
import os.path
import re
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, cast, get_args

import msgspec
from msgspec import Meta

from chorus.cluster.spec import written
from chorus.cluster.spec.alerts import Alerts
from chorus.cluster.spec.application import LARGEST_DOCUMENT, SET_BY_COMMAND, ApplicationSpec
from chorus.cluster.spec.cluster import ClusterSpec
from chorus.cluster.spec.contradictions import contradictions
from chorus.cluster.spec.health import Health
from chorus.cluster.spec.problems import Problem, SpecError, shown


def parse(
    document: Mapping[str, Any],
    *,
    source: str,
    directory: str,
    environment: str | None = None,
    processors: int = 1,
    warn: Callable[[str], None] = lambda _: None,
) -> list[ApplicationSpec]:
    """Read the applications of a document such as a parsed ecosystem.toml.

    Args:
        document: `{"applications": [{...}, ...]}`; the key may also be "apps". An application's keys are the fields of
            `ApplicationSpec`, and `env_<name>` tables that are laid over `env` when that environment is selected.
        source: what to call the document in an error: its file name.
        directory: absolute; `cwd` is relative to it.
        environment: the selected environment, such as "production".
        processors: of the machine, for `instances = "max"`.
        warn: is told what is taken otherwise than it says.

    Raises:
        SpecError: with all problems of the document.
    """
    problems: list[Problem] = []
    specs: list[ApplicationSpec] = []
    names: dict[str, str] = {}
    for key, table in _applications(document, problems):
        _refuse_duplicate(table.get("name"), key, names, problems)
        if text := _too_few_processors(table.get("instances"), processors):
            warn(f"{source}: {key}.instances: {text}")
        if spec := _application(table, key, directory, processors, problems):
            specs.append(msgspec.structs.replace(spec, environment=environment))
    if problems:
        raise SpecError(source, problems)
    return specs


def parse_cluster(document: Mapping[str, Any], *, source: str) -> ClusterSpec | None:
    """Read the table `[cluster]` of a document; None when it has none.

    Raises:
        SpecError: with all problems of the table.
    """
    if "cluster" not in document:
        return None
    table, problems = document["cluster"], list[Problem]()
    if isinstance(table, dict):
        found = _struct(ClusterSpec, cast("dict[str, Any]", table), "cluster", problems)
    else:
        found = problems.append(Problem("cluster", shown(table), "a table"))
    if not isinstance(found, ClusterSpec):
        raise SpecError(source, problems)
    return found


def _applications(document: Mapping[str, Any], problems: list[Problem]) -> list[tuple[str, dict[str, Any]]]:
    """The application tables of the document, each with its place."""
    problems += [_unknown(key, key, _TABLES) for key in document if key not in {"applications", "apps", "cluster"}]
    given: list[tuple[str, object]] = [(key, document[key]) for key in ("applications", "apps") if key in document]
    if not given:
        problems.append(Problem("apps", "nothing", "a table [[apps]] for each application"))
    tables: list[tuple[str, dict[str, Any]]] = []
    for key, value in given:
        if not isinstance(value, list) or not value:
            problems.append(Problem(key, shown(document[key]), f"a table [[{key}]] for each application"))
            continue
        entries = cast("list[Any]", value)
        if len(entries) > LARGEST_DOCUMENT:
            problems.append(Problem(key, f"{len(entries)} applications", f"at most {LARGEST_DOCUMENT}"))
            continue
        for n, entry in enumerate(entries):
            if isinstance(entry, dict):
                tables.append((f"{key}[{n}]", cast("dict[str, Any]", entry)))
            else:
                problems.append(Problem(f"{key}[{n}]", shown(entry), "a table"))
    return tables


_TABLES = ["apps", "cluster", "defaults"]
"""What a document has; "applications" is another word for "apps"."""


def _application(
    table: dict[str, Any], place: str, directory: str, processors: int, problems: list[Problem]
) -> ApplicationSpec | None:
    """One application; None when it has problems, which are added to the list."""
    before = len(problems)
    table = dict(table)
    environments = _environments(table, place, problems)
    if "instances" in table:
        table["instances"] = _instances(table["instances"], processors)
    for key, kind in (("health", Health), ("alerts", Alerts)):
        if isinstance(table.get(key), dict):
            found = _struct(kind, cast("dict[str, Any]", table.pop(key)), f"{place}.{key}", problems)
            table |= {key: found} if found is not None else {}
    values = _values(ApplicationSpec, table, place, problems)
    if "name" not in table:
        problems.append(Problem(f"{place}.name", "nothing", "a name"))
    problems += contradictions(table, values, environments, place)
    if len(problems) > before:
        return None
    values["env"] = environments.pop("", {})
    values["environments"] = environments
    values["cwd"] = os.path.normpath(os.path.join(directory, os.path.expanduser(values.get("cwd", "."))))
    return ApplicationSpec(**values)


def _environments(table: dict[str, Any], place: str, problems: list[Problem]) -> dict[str, dict[str, str]]:
    """Take `env` and every `env_NAME` out of the table: variables by NAME, and by "" those of `env`."""
    layers: dict[str, dict[str, str]] = {}
    for key in [key for key in table if key == "env" or key.startswith("env_")]:
        layer = table.pop(key)
        if not isinstance(layer, dict):
            problems.append(Problem(f"{place}.{key}", shown(layer), "a table of variables"))
            continue
        variables = layers.setdefault(key.removeprefix("env").removeprefix("_"), {})
        for name, value in cast("dict[Any, Any]", layer).items():
            text = _variable(value)
            if not isinstance(name, str) or not name or "=" in name or _flaw(name):
                problems.append(Problem(f"{place}.{key}", shown(name), "a variable's name without ="))
            elif text is None:  # the value may be a secret: say its kind only
                problems.append(Problem(f"{place}.{key}.{name}", _kind(value), "a text, a number or a boolean"))
            else:
                variables[name] = text
    return layers


def _instances(value: Any, processors: int) -> Any:
    """Say in numbers what is said in processors: "max" and 0 are all of them, -1 is one less."""
    if value == "max":
        return processors
    if isinstance(value, int) and not isinstance(value, bool) and value <= 0:
        return max(1, processors + value)
    return value


def _too_few_processors(value: Any, processors: int) -> str:
    """What to say of a number of instances that leaves none on this machine."""
    if isinstance(value, int) and not isinstance(value, bool) and processors + value < 1 and value < 0:
        return f"found {value}, and {processors} processors on this machine; 1 instance it is"
    return ""


def _variable(value: object) -> str | None:
    """The text of a variable's value; None when it has none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        text = str(value)
        return None if _flaw(text) else text
    return None


def _kind(value: object) -> str:
    """What a value is that no variable can have."""
    if isinstance(value, str):
        return "a text with NUL in it" if "\0" in value else "a text with half a character in it"
    for kind, words in ((dict, "a table"), (list, "a list"), (NoneType, "nothing")):
        if isinstance(value, kind):
            return words
    return "a date or time"


def _struct(
    kind: type[msgspec.Struct], table: dict[str, Any], place: str, problems: list[Problem]
) -> msgspec.Struct | None:
    before = len(problems)
    values = _values(kind, table, place, problems)
    return kind(**values) if len(problems) == before else None


def _values(kind: type[msgspec.Struct], table: dict[str, Any], place: str, problems: list[Problem]) -> dict[str, Any]:
    """Check a table key by key against the fields of a struct."""
    fields = {field.name: field for field in msgspec.structs.fields(kind) if field.name not in SET_BY_COMMAND}
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{place}.{key}"
        if key not in fields:
            problems.append(_unknown(where, key, list(fields)))
            continue
        if isinstance(value, msgspec.Struct):  # already checked
            values[key] = value
            continue
        if flaw := _flaw(value):
            problems.append(Problem(where, shown(value).replace("\0", "\\0"), f"a text without {flaw}"))
            continue
        hints = _hints(fields[key].type)
        try:
            values[key] = msgspec.convert(written.read(value, hints.get("reads")), fields[key].type, strict=True)
        except (msgspec.ValidationError, ValueError) as error:
            problems.append(Problem(where, shown(value), hints.get("expected") or _expected(error)))
    return values


def _flaw(value: object) -> str:
    """Why a text, or one of a list, could be no argument, path or name of this system; "" where it could."""
    for text in cast("list[object]", value) if isinstance(value, list) else [value]:
        if isinstance(text, str) and "\0" in text:
            return "a zero byte"
        if isinstance(text, str) and not text.isascii() and _HALF.search(text):
            return "half a character"
    return ""


_HALF = re.compile("[\ud800-\udfff]")
"""Of two in UTF-16, which JSON may write alone: `"\\ud800"`."""


def _hints(annotation: Any) -> dict[str, str]:
    """The `extra` of the annotation's Meta, also when it stands inside a union with None."""
    for part in (annotation, *get_args(annotation)):
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, Meta) and meta.extra:
                return cast("dict[str, str]", meta.extra)
    return {}


def _refuse_duplicate(name: object, place: str, names: dict[str, str], problems: list[Problem]) -> None:
    """`names` are those seen so far, each with the place where it stands."""
    if not isinstance(name, str):  # its own problem
        return
    first = names.setdefault(name, f"{place}.name")
    if first != f"{place}.name":
        found = f"{shown(name)}, which {first} says, too"
        problems.append(Problem(f"{place}.name", found, "a name of its own for each", also=first))


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

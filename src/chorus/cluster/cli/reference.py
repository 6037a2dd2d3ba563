"""docs/ecosystem.md and its JSON Schema, written from the declarations of the options.

    python -m chorus.cluster.cli.reference page   > docs/ecosystem.md
    python -m chorus.cluster.cli.reference schema > docs/ecosystem.schema.json

`chorus schema` prints the schema, too. What an option means is the text below it in spec/application.py.
"""

import ast
import inspect
import re
import sys
from typing import Any, Final, cast

import msgspec

from chorus.cluster.cli.failure import OK
from chorus.cluster.cli.product import Context
from chorus.cluster.spec import Alerts, ApplicationSpec, ClusterSpec, Health
from chorus.cluster.spec import application as declarations
from chorus.cluster.spec.application import SET_BY_COMMAND

_DURATION: Final = r"^\d+(\.\d+)?\s*(ms|s|m|h)?$"
_SIZE: Final = r"^\d+(\.\d+)?\s*([KMGkmg])?(i?[Bb])?$"

_BEGIN: Final = """# ecosystem.toml

An application is a table `[[apps]]` with these keys; `[defaults]` is laid under all of them. Durations are seconds or
`"500ms"`, `"10s"`, `"5m"`, `"1h"`; sizes are bytes or `"512M"`, `"1G"` (powers of 1024). Exactly one of `app`,
`command` and `script` is given. [commands.md](commands.md) has an example; [pm2.md](pm2.md) says how PM2's files are
read.

Editors check a file that begins with this line ([taplo](https://taplo.tamasfe.dev)); `chorus schema` prints the schema:

```toml
#:schema ./ecosystem.schema.json
```

This page and the schema are written from `src/chorus/cluster/spec/application.py` by
`python -m chorus.cluster.cli.reference`; do not edit them.
"""


def schema(context: Context) -> int:
    """`chorus schema`."""
    context.terminal.say(schema_text().rstrip("\n"))
    return OK


def page() -> str:
    """The whole of docs/ecosystem.md."""
    parts = [_BEGIN, "\n## An application\n", *_table(ApplicationSpec), "\n## `health`\n", *_table(Health)]
    parts.append(
        "\nWithout the table nothing is checked. A `command` or `script` is asked by `url`, `connect` or `command`."
    )
    parts += ["\n## `alerts`\n", *_table(Alerts)]
    parts.append("\n[alerts.md](alerts.md) says what is sent and when.")
    parts += ["\n## `[cluster]`\n\nOf the manager, once in a file.\n", *_table(ClusterSpec)]
    return "\n".join(parts) + "\n"


def schema_text() -> str:
    """The whole of docs/ecosystem.schema.json."""
    return msgspec.json.format(msgspec.json.encode(document_schema()), indent=2).decode() + "\n"


def document_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an ecosystem file."""
    application = _object(ApplicationSpec)
    application["properties"]["health"] = {"$ref": "#/$defs/health"}
    application["properties"]["alerts"] = {"$ref": "#/$defs/alerts"}
    application["properties"]["instances"] = {
        "anyOf": [{"type": "integer", "maximum": declarations.LARGEST_CLUSTER}, {"const": "max"}],
        "default": 1,
        "description": application["properties"]["instances"]["description"],
    }
    application["patternProperties"] = {"^env_": application["properties"]["env"]}
    defaults = {**application, "description": "Laid under every application; tables are joined key by key."}
    programs = [{"required": [key]} for key in ("app", "command", "script")]
    applications = {
        "type": "array",
        "minItems": 1,
        "maxItems": declarations.LARGEST_DOCUMENT,
        "items": {**application, "required": ["name"], "oneOf": programs},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Applications that chorus runs",
        "type": "object",
        "properties": {
            "defaults": defaults,
            "apps": applications,
            "applications": applications,
            "cluster": _object(ClusterSpec),
        },
        "additionalProperties": False,
        "$defs": {"health": _object(Health), "alerts": _object(Alerts)},
    }


def _object(kind: type[msgspec.Struct]) -> dict[str, Any]:
    (_,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    found: dict[str, Any] = components[kind.__name__]
    texts = _texts(kind)
    properties: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.name in SET_BY_COMMAND:
            continue
        told = _plain(found["properties"][field.name])
        reads = _hint(field.type, "reads")
        if reads in {"seconds", "bytes"}:
            written = {"type": "string", "pattern": _DURATION if reads == "seconds" else _SIZE}
            limits = {"type": "number" if reads == "seconds" else "integer", "minimum": 0}
            told = {"anyOf": [limits, written], **({"default": told["default"]} if "default" in told else {})}
        if field.name == "env":
            told = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}, "default": {}}
        properties[field.name] = {**told, "description": texts[field.name]}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """TOML has no null: what may be nothing is left out."""
    options = [each for each in told.get("anyOf", []) if each.get("type") != "null"]
    default = {} if told.get("default") is None else {"default": told["default"]}
    bare = {key: value for key, value in told.items() if key not in {"anyOf", "default"}}
    if len(options) == 1:
        return {**bare, **options[0], **default}
    return {**bare, **({"anyOf": options} if options else {}), **default}


def _table(kind: type[msgspec.Struct]) -> list[str]:
    texts = _texts(kind)
    rows = ["| Key | Default | What it is |", "| --- | --- | --- |"]
    for field in msgspec.structs.fields(kind):
        if field.name not in SET_BY_COMMAND:
            about = texts[field.name].replace("|", "\\|")
            expected = _hint(field.type, "expected")
            rows.append(
                f"| `{field.name}` | {_default(field)} | {about}{f' Expected: {expected}.' if expected else ''} |"
            )
        if field.name == "env":
            rows.append("| `env_NAME` | none | Variables laid over `env` while the environment NAME is selected. |")
    return rows


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else None
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    if field.required:
        return "required"
    if isinstance(value, msgspec.Struct):
        return "[below](#" + field.name + ")"
    if value is None or value in ((), {}):
        return "none"
    if _hint(field.type, "reads") == "seconds":
        return f"`{value:g}` s"
    if _hint(field.type, "reads") == "bytes":
        return f"`{value // 1024**3}G`" if value % 1024**3 == 0 else f"`{value // 1024**2}M`"
    return f"`{msgspec.json.encode(value).decode()}`"


def _hint(annotation: Any, name: str) -> str | None:
    for part in (annotation, *getattr(annotation, "__args__", ())):
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, msgspec.Meta) and meta.extra and name in meta.extra:
                return cast("str", meta.extra[name])
    return None


def _texts(kind: type[msgspec.Struct]) -> dict[str, str]:
    """The text below each field, as one paragraph."""
    [body] = [node for node in ast.parse(inspect.getsource(kind)).body if isinstance(node, ast.ClassDef)]
    texts: dict[str, str] = {}
    name = ""
    for statement in body.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
        elif name and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            texts.setdefault(name, re.sub(r"\s+", " ", str(statement.value.value)).strip())
    return texts


if __name__ == "__main__":
    sys.stdout.write(page() if sys.argv[1:] == ["page"] else schema_text())

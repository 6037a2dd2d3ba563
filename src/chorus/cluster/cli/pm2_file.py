"""Reads PM2's ecosystem files: JSON (comments allowed, as PM2 does), YAML, and JavaScript where there is a Node."""

import json
import os
import re
from typing import Any, Final, cast

from chorus.cluster.cli import pm2_javascript
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.spec import pm2

SUFFIXES: Final = (".json", ".yaml", ".yml", ".config.js", ".config.cjs", ".config.mjs")
"""Of the files that are read as PM2's. Their bare numbers of time are milliseconds."""

NAMES: Final = tuple(f"ecosystem{suffix}" for suffix in (*SUFFIXES[3:], ".config.json", *SUFFIXES[:3]))
"""Looked for in a folder, in this order, where there is no ecosystem.toml."""

BRIDGE: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pm2_bridge.cjs")

_COMMENT: Final = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_COMMA: Final = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])', re.DOTALL)


def is_one(path: str) -> bool:
    """Whether a path looks like one of PM2's files."""
    return path.endswith(SUFFIXES)


def load(path: str, text: str, source: str) -> Any:
    """What the file says.

    Args:
        path: of the file.
        text: its content.
        source: what to call it in an error.

    Raises:
        CommandFailed: it is not what its suffix says; names file, line and reason.
    """
    if path.endswith(".json"):
        return _json(text, source)
    return _yaml(text, source) if path.endswith((".yaml", ".yml")) else pm2_javascript.exported(path, source)


def line_of(path: str, text: str, key: str) -> int | None:
    """The line, from 1, of a key such as "apps[1].max_restarts", however PM2 writes it; None where nobody knows."""
    if not path.endswith((".json", ".yaml", ".yml")):
        return None
    import yaml

    try:
        node: Any = cast("Any", yaml).compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):  # JSON with comments, say, or lists in lists
        return None
    line = 1
    steps = [part for part in re.split(r"[.\[\]]+", key) if part]
    for step in steps[1:] if isinstance(node, yaml.SequenceNode) else steps:
        found = _inside(node, step)
        if found is None:
            break
        at, node = found
        line = at.start_mark.line + 1
    return line


def _inside(node: Any, step: str) -> tuple[Any, Any] | None:
    """The node that carries the line, and the one to go on in."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        pairs = cast("list[tuple[Any, Any]]", node.value)
        return next(((k, v) for k, v in pairs if step in (k.value, pm2.our_name(str(k.value)))), None)
    if isinstance(node, yaml.SequenceNode) and step.isdecimal():
        entries = cast("list[Any]", node.value)
        return (entries[int(step)], entries[int(step)]) if int(step) < len(entries) else None
    return None


def _json(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except (RecursionError, ValueError):
        pass  # comments and trailing commas are allowed
    bare = _COMMA.sub(_blank, _COMMENT.sub(_blank, text))
    try:
        return json.loads(bare)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(bare.rstrip())
        why = "the file ends here, in the middle of it" if cut else error.msg
        raise CommandFailed(f"{source}:{error.lineno}:{error.colno}: not JSON: {why}") from error
    except (RecursionError, ValueError) as error:  # lists in lists, or a number, beyond all measure
        raise CommandFailed(f"{source}: not JSON: {error}") from error


def _blank(match: re.Match[str]) -> str:
    """Blanks in the place of a comment or a comma, so that lines and columns stay; a text in quotes as it is."""
    return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])


def _yaml(text: str, source: str) -> Any:
    import yaml

    from chorus.cluster.cli import pm2_yaml

    try:
        return pm2_yaml.load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        raise CommandFailed(f"{source}{place}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # the last: of a number or a date
        raise CommandFailed(f"{source}: not YAML: {error}") from error

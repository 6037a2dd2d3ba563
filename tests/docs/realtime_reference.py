"""docs/realtime/api.md, written from the docstrings: `PYTHONPATH=src python tests/docs/realtime_reference.py > …`."""

import ast
import inspect
import itertools
import re
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from chorus import realtime
from chorus.realtime import testing

BEGIN = """# The library, name by name

Everything below is imported from `chorus.realtime`, and `FakeClient` from `chorus.realtime.testing`. Start with
[the tutorial](README.md); this page is for looking things up. Times are in seconds and sizes in bytes.

This page is written from the docstrings by `make reference`; do not edit it.
"""

CHAPTERS = {
    "Serving": ("Server", "Beside", "AdminEndpoint"),
    "Handlers and rooms": ("Namespace", "NamespacePattern", "Client", "Request"),
    "Whom to reach": ("Broadcast", "Answers", "RemoteClient", "Frame"),
    "Options": ("EngineOptions", "OutboxLimits", "Compression", "SessionCookie"),
    "Between instances": ("Backplane", "MemoryBackplane", "RedisBackplane", "RedisSettings", "Commands", "Script"),
    "Durable rooms": ("DurableRooms", "DurableSettings", "ReadableLog", "Log", "Entry", "MemoryLog", "RedisLog"),
    "Presence": ("Presence",),
    "Moving to another process": ("Mover",),
    "Testing": ("FakeClient",),
}  # fmt: skip
"""Errors stand in a chapter of their own, and what is not named here yet in the last one."""

DESCRIBED_ELSEWHERE = {
    "NamespacePattern": "Namespace", "MemoryBackplane": "Backplane", "RedisBackplane": "Backplane", "MemoryLog": "Log",
    "RedisLog": "Log",
}  # fmt: skip
"""Who has which other's members."""

FOR_THE_LIBRARY = {
    "Server": {
        "add", "admit", "congested", "tasks", "all_namespaces", "allows", "allows_all_origins", "begin_overlap",
        "check_polling", "flush", "find_namespace", "going", "listen_ahead", "luggage", "new_connection", "new_sid",
        "crossings", "open_polling", "remove", "watch",
    },
    "Namespace": {"address", "close", "is_empty", "recover_by"},
    "NamespacePattern": {"find"},
    "Client": {
        "admit", "awaits_answers", "begin", "crossing", "depart", "forward", "go", "home", "is_asking", "may_leave",
        "questions", "quiet", "rewire", "stranded", "take", "trail", "turn_away", "was_let_in",
    },
    "Mover": {"arriving", "remember"},
    "Request": {"fields", "parse"},
    "FakeClient": {"end", "hear"},
}  # fmt: skip
"""Members that are public to other modules of the library alone."""


def named(name: str) -> Any:
    """The object of a public name."""
    return getattr(realtime, name, None) or getattr(testing, name)


def chapters() -> dict[str, tuple[str, ...]]:
    """All public names."""
    known = {name for names in CHAPTERS.values() for name in names}
    others = [name for name in realtime.__all__ if name not in known]
    errors = tuple(name for name in others if isinstance(named(name), type) and issubclass(named(name), Exception))
    rest = tuple(name for name in others if name not in errors)
    return {**CHAPTERS, "Errors": errors, **({"Also": rest} if rest else {})}


def page() -> str:
    """The whole page."""
    parts = [BEGIN]
    for title, names in chapters().items():
        parts.append(f"## {title}\n")
        parts += [entry for name in names for entry in _entries(name, named(name))]
    return "\n".join(parts)


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties with their own words, in the order they are written, bases first."""
    other = DESCRIBED_ELSEWHERE.get(cls.__name__)
    elsewhere = {name for name, _ in members(named(other))} if other else set[str]()
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("chorus."):
            for name, member in vars(base).items():
                hidden = name.startswith("_") or name in {*FOR_THE_LIBRARY.get(cls.__name__, ()), *elsewhere}
                if not hidden and inspect.getdoc(_function(member)) and _callable_or_property(member):
                    yield name, member


def _entries(name: str, thing: Any) -> Iterator[str]:
    yield f"### {name}\n"
    if not isinstance(thing, type):
        yield f"{_documented_name(name)}\n"
        return
    yield _text(inspect.getdoc(thing))
    if not issubclass(thing, (BaseException, msgspec.Struct)) and not getattr(thing, "_is_protocol", False):
        constructor = vars(thing).get("__init__")
        if constructor is not None:
            yield _code(f"{name}({_arguments(constructor)})")
            if constructor.__doc__:
                yield _text(inspect.getdoc(constructor))
    if name in DESCRIBED_ELSEWHERE:
        yield f"Has what [{DESCRIBED_ELSEWHERE[name]}](#{DESCRIBED_ELSEWHERE[name].lower()}) has.\n"
    if issubclass(thing, msgspec.Struct):
        yield from _fields(thing)
    for attribute, about in _attribute_docs(thing):
        yield f"#### {name}.{attribute}\n\n{about}\n"
    for member_name, member in members(thing):
        yield f"#### {name}.{member_name}\n"
        if not isinstance(member, property):
            asynchronous = "await " if _is_awaited(_function(member)) else ""
            yield _code(f"{asynchronous}{member_name}({_arguments(_function(member))})")
        yield _text(inspect.getdoc(_function(member)))


def _fields(struct: type[msgspec.Struct]) -> Iterator[str]:
    yield "| field | default | what it is |\n| --- | --- | --- |"
    documented = dict(_field_docs(struct))
    for field in msgspec.structs.fields(struct):
        default = "" if field.required else f"`{field.default!r}`"
        if field.default_factory is not msgspec.NODEFAULT:
            default = f"`{field.default_factory.__name__}()`"
        about = documented.get(field.name, "").replace("|", "\\|")
        yield f"| `{field.name}` | {default} | {about} |"
    yield ""


def _field_docs(cls: type) -> Iterator[tuple[str, str]]:
    """The text under each field, which Python itself forgets."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    statements = body.body  # type: ignore[attr-defined] - a class has one
    for statement, following in itertools.pairwise(statements):
        if isinstance(statement, ast.AnnAssign) and isinstance(following, ast.Expr):
            yield statement.target.id, " ".join(following.value.value.split())  # type: ignore[union-attr]


def _documented_name(name: str) -> str:
    """The text under an assignment: of a NewType."""
    module = sys.modules[named(name).__module__]
    statements = ast.parse(inspect.getsource(module)).body
    for statement, following in itertools.pairwise(statements):
        if isinstance(statement, ast.Assign) and statement.targets[0].id == name:  # type: ignore[attr-defined]
            return " ".join(following.value.value.split())  # type: ignore[attr-defined]
    raise LookupError(f"{name}: has no text under it")


def _callable_or_property(member: Any) -> bool:
    return isinstance(member, (property, classmethod, staticmethod)) or callable(member)


def _function(member: Any) -> Any:
    if isinstance(member, property):
        return member.fget
    return member.__func__ if isinstance(member, (classmethod, staticmethod)) else member


def _is_awaited(function: Any) -> bool:
    returns = str(inspect.signature(function).return_annotation)
    return inspect.iscoroutinefunction(function) or "Coroutine[" in returns


def _arguments(function: Any) -> str:
    """As the source has them."""
    arguments = _definition(function).args
    if arguments.args and arguments.args[0].arg in ("self", "cls"):
        del arguments.args[0]
    return ast.unparse(arguments)


def _definition(function: Any) -> ast.FunctionDef:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    return definition  # type: ignore[return-value]


def _attribute_docs(cls: type) -> Iterator[tuple[str, str]]:
    """The text under `self.name = …` in the constructor."""
    constructor = vars(cls).get("__init__")
    if issubclass(cls, (msgspec.Struct, BaseException)) or not inspect.isfunction(constructor):
        return
    body = _definition(constructor).body
    for statement, following in itertools.pairwise(body):
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and isinstance(following, ast.Expr):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            text = following.value
            public = isinstance(target, ast.Attribute) and not target.attr.startswith("_")
            if public and isinstance(text, ast.Constant) and target.attr not in FOR_THE_LIBRARY.get(cls.__name__, ()):
                yield target.attr, " ".join(str(text.value).split())


def _text(doc: str | None) -> str:
    """A docstring as Markdown: its sections as lists, its examples as code."""
    lines = []
    for block in re.split(r"\n\n+", doc or ""):
        heading, _, rest = block.partition("\n")
        if heading in ("Args:", "Raises:", "Returns:") or heading.startswith("Args: "):
            items = textwrap.dedent(rest if heading.endswith(":") else heading.removeprefix("Args: ") + "\n" + rest)
            lines.append(f"*{heading.partition(':')[0]}*\n\n" + _list(items))
        elif block.startswith("    "):
            lines.append(f"```python\n{textwrap.dedent(block)}\n```")
        else:
            lines.append(" ".join(block.split()))
    return "\n\n".join(lines) + "\n"


def _list(items: str) -> str:
    joined: list[str] = []
    for line in items.splitlines():
        if line.startswith(" ") and joined:
            joined[-1] += " " + line.strip()
        elif line.strip():
            joined.append(line.strip())
    return "\n".join(re.sub(r"^([\w, .]+): ", r"`\1`: ", item) if ": " in item else item for item in joined).replace(
        "\n", "<br>\n"
    )


def _code(text: str) -> str:
    return f"```python\n{text}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(page())

"""JSON Schemas of the structs that travel: one text of them, for the OpenAPI document and for the AsyncAPI document.

    found = schemas_of([SendMessage, dict[int, int]])
    found.schemas              # [{"$ref": "#/components/schemas/SendMessage"}, {"type": "object", …}]
    found.components           # {"SendMessage": {"type": "object", …, "properties": {"text": {"description": …}}}}

msgspec writes them, constraints included. What it does not know is the text below a field, which says the unit and what
the value means: it is read from the source.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec

REFERENCE = "#/components/schemas/{name}"
"""Where both documents keep them."""


class Schemas(msgspec.Struct, frozen=True):
    """What was asked for, and what that refers to."""

    schemas: Sequence[dict[str, Any]]
    """Of each type asked for, in the same order."""

    components: dict[str, dict[str, Any]]
    """Of every struct and enum they are made of, by its name."""


def schemas_of(types: Sequence[Any]) -> Schemas:
    """Write the schemas of these types.

    Raises:
        TypeError: one is a type that JSON has no schema for.
    """
    schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
    for kind in _named(msgspec.inspect.multi_type_info(types)):
        schema = components[kind.__name__]
        schema["description"] = paragraph(inspect.getdoc(kind) or "")
        for name, text in texts(kind).items():
            member: dict[str, Any] | None = schema.get("properties", {}).get(name)
            if member is not None:
                member["description"] = text
        if issubclass(kind, Enum):  # in the order of their declaration, which says more than the alphabet
            schema["enum"] = [each.value for each in kind]
    return Schemas(schemas, components)


def texts(kind: type) -> dict[str, str]:
    """The text below each field of a struct, or below each member of an enum, as one paragraph."""
    return _texts_of_module(kind.__module__).get(kind.__qualname__, {})


def paragraph(text: str) -> str:
    """The text without its line breaks."""
    return re.sub(r"\s+", " ", text).strip()


def _named(infos: Iterable[msgspec.inspect.Type]) -> Iterator[type]:
    """The structs and enums that these types are made of, each once."""
    seen: set[type] = set()
    waiting: list[Any] = list(infos)
    while waiting:
        info = waiting.pop()
        if isinstance(info, (msgspec.inspect.StructType, msgspec.inspect.EnumType)):
            if info.cls in seen:
                continue
            seen.add(info.cls)
            yield info.cls
        if isinstance(info, (msgspec.inspect.Type, msgspec.inspect.Field)):
            for part in info.__struct_fields__:
                value = getattr(info, part)
                waiting += value if isinstance(value, tuple) else (value,)


@cache
def _texts_of_module(module: str) -> dict[str, dict[str, str]]:
    """By class: each module is read once, because it takes a moment."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {each.name: dict(_texts_of_class(each)) for each in tree.body if isinstance(each, ast.ClassDef)}


def _texts_of_class(declared: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, below in pairwise(declared.body):
        if not isinstance(statement, (ast.AnnAssign, ast.Assign)):
            continue
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        text = below.value if isinstance(below, ast.Expr) else None
        if isinstance(target, ast.Name) and isinstance(text, ast.Constant):
            yield target.id, paragraph(str(text.value))

"""YAML as PM2 reads it, with js-yaml 4: `yes`, `no`, `on`, `off`, `12:30` and `1_500` are texts, and `010` is 10.

    load("env: {ANSWER: yes, PORT: 3000}")      # {"env": {"ANSWER": "yes", "PORT": 3000}}

That is the core schema of YAML 1.2, with `0b11` and `<<`. The library reads YAML 1.1, where those are truths, numbers
of base 60 and 8, and 1500. In one thing we do not follow js-yaml: `2026-11-27` is a day there and stays a text here.
"""

import math
import re
from collections.abc import Callable
from typing import Any, cast

import yaml
from yaml.constructor import ConstructorError

_KINDS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?(0b[01]+|0o[0-7]+|0x[0-9a-fA-F]+|[0-9]+)", "-+0123456789"),
    "float": (
        r"([-+]?[0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "merge": (r"<<", "<"),
}
"""What a word without quotes is: its look, how it begins."""


class _Loader(yaml.SafeLoader):
    """Reads words as js-yaml does."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the library's own way: each class has a table


def load(text: str) -> Any:
    """What a document says. Raises yaml.YAMLError, and ValueError for a number beyond all measure."""
    return cast("Any", yaml).load(text, Loader=_Loader)


def _integer(word: str) -> int | str:
    number = int(word, 0) if re.search("[box]", word) else int(word)
    return word if abs(number) >= 1 << 1024 else number


def _float(word: str) -> float | str:
    if word[-1] in "fFnN":
        return float(word.replace(".", ""))
    return number if math.isfinite(number := float(word)) else word


def _reader(kind: str, of_word: Callable[[str], Any]) -> Callable[[yaml.SafeLoader, yaml.ScalarNode], Any]:
    """Reads words of a kind, also those that only a tag says are of it."""
    look = re.compile(_KINDS[kind][0])

    def read(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
        word = loader.construct_scalar(node)
        if not look.fullmatch(word):
            raise ConstructorError(None, None, f"found no {kind} behind !!{kind}", node.start_mark)
        return of_word(word)

    return read


for _name, (_look, _first) in _KINDS.items():
    cast("Any", _Loader).add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_look})$"), list(_first))
_Loader.add_constructor("tag:yaml.org,2002:bool", _reader("bool", lambda word: word[0] in "tT"))
_Loader.add_constructor("tag:yaml.org,2002:int", _reader("int", _integer))
_Loader.add_constructor("tag:yaml.org,2002:float", _reader("float", _float))
for _name in ("merge", "timestamp"):  # `<<` as a value, and a day that a tag says is one
    cast("Any", _Loader).add_constructor(f"tag:yaml.org,2002:{_name}", cast("Any", yaml).SafeLoader.construct_yaml_str)

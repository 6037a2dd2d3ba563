"""YAML as PM2 reads it, which is YAML 1.2: `yes`, `no`, `on`, `off`, `12:30` and `2026-11-27` are texts.

    load("env: {ANSWER: yes, PORT: 3000}")      # {"env": {"ANSWER": "yes", "PORT": 3000}}

The library reads YAML 1.1, where they are truths, a number of base 60 and a day.
"""

import re
from typing import Any, cast

import yaml

_KINDS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9][0-9_]*|[-+]?0o[0-7]+|[-+]?0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
)
"""What a word without quotes is: its name, its look (the core schema of YAML 1.2.2, and <<), how it begins."""


class _Loader(yaml.SafeLoader):
    """Reads plain words by the core schema."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the library's own way: each class has a table


def load(text: str) -> Any:
    """What a document says. Raises yaml.YAMLError, and ValueError for a number beyond all measure."""
    return cast("Any", yaml).load(text, Loader=_Loader)


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    word = loader.construct_scalar(node).replace("_", "")
    return int(word, 0) if "o" in word or "x" in word else int(word)


for _name, _look, _first in _KINDS:
    cast("Any", _Loader).add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_look})$"), list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)

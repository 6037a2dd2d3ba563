"""docs/ecosystem.md and its JSON Schema are what the declarations say."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chorus.cluster.cli import reference
from chorus.cluster.cli.ecosystem import read
from chorus.cluster.spec import Alerts, ApplicationSpec, Health
from chorus.cluster.spec.application import SET_BY_COMMAND

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_in_step_with_the_declarations():
    """Else: python -m chorus.cluster.cli.reference page > docs/ecosystem.md."""
    assert (DOCS / "ecosystem.md").read_text() == reference.page()


def test_the_schema_is_in_step_with_the_declarations():
    """Else: python -m chorus.cluster.cli.reference schema > docs/ecosystem.schema.json."""
    assert (DOCS / "ecosystem.schema.json").read_text() == reference.schema_text()


@pytest.mark.parametrize("kind", [ApplicationSpec, Health, Alerts])
def test_every_option_has_a_description(kind: type[msgspec.Struct]):
    page = reference.page()

    fields = {field.name for field in msgspec.structs.fields(kind)} - SET_BY_COMMAND
    assert [name for name in sorted(fields) if f"| `{name}` |" not in page] == []


def _type_fits(schema: dict[str, Any], value: object) -> bool:
    if "anyOf" in schema:
        return any(_type_fits(each, value) for each in schema["anyOf"])
    if "const" in schema:
        return value == schema["const"]
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    return isinstance(value, kinds[schema["type"]]) if "type" in schema else True


def test_the_schema_takes_what_the_reader_takes(tmp_path: Path):
    """An example of every way to write a value."""
    table = {
        "name": "shop", "app": "shop.web:application", "instances": "max", "port": 80, "kill_timeout": "10s",
        "restart_delay": 0.5, "max_memory_restart": "1G", "watch": True, "watch_ignore": ["*.md"],
        "filter_env": ["AWS_"], "env": {"A": 1}, "stop_exit_codes": [42], "cron_restart": "0 3 * * *",
    }  # fmt: skip
    path = tmp_path / "ecosystem.toml"
    lines = [f"{key} = {json.dumps(value).replace(': ', ' = ')}" for key, value in table.items()]
    path.write_text("[[apps]]\n" + "\n".join(lines))

    [spec] = read(str(path))

    properties = reference.document_schema()["properties"]["apps"]["items"]["properties"]
    assert spec.name == "shop"
    assert [key for key, value in table.items() if not _type_fits(properties[key], value)] == []

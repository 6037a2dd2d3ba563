"""docs/commands.md and docs/pm2.md know what there is."""

import re
from pathlib import Path

from chorus.cluster.cli.commands import COMMANDS
from chorus.entry.command import PRODUCT

ROOT = Path(__file__).parents[2]


def test_every_command_is_on_the_page():
    page = (ROOT / "docs" / "commands.md").read_text()

    assert [command.name for command in (*COMMANDS, *PRODUCT.commands) if f"`chorus {command.name}" not in page] == []


def test_every_name_of_the_operators_stands_beside_ours():
    page = (ROOT / "docs" / "pm2.md").read_text()
    names = (
        "start",
        "stop",
        "restart",
        "reload",
        "delete",
        "status",
        "logs",
        "monitor",
        "info",
        "scale",
        "redis",
        "save",
    )

    assert [name for name in (*names, "startup", "reset", "help") if f"| `pm2:{name}" not in page] == []


def test_every_row_that_is_said_to_be_tested_is():
    page = (ROOT / "docs" / "pm2.md").read_text()
    said = set(re.findall(r"^\| (\d+) \|.*\| tested(?:: .*)? \|$", page, re.MULTILINE))
    tests = [path.read_text() for room in ("processes", "cluster") for path in (ROOT / "tests" / room).rglob("*.py")]
    named = {number for text in tests for number in re.findall(r"\bRow (\d+): ", text)}

    assert len(said) > 20
    assert said - named == set()

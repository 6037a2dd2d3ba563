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


def test_every_row_is_tested_where_the_page_says():
    """Each file that is linked names the row: "Row 18: …", or "Rows 18, 21 and 22"."""
    page = (ROOT / "docs" / "pm2.md").read_text()
    lines = re.findall(r"^\| (\d+) \|.*\| tested(?:: [^|]*)? \| (.*) \|$", page, re.MULTILINE)
    linked = {int(number): re.findall(r"\]\(\.\./(tests/[^)]+)\)", links) for number, links in lines}

    assert sorted(linked) == list(range(1, 44))
    assert all(linked.values())
    assert {(n, file) for n, files in linked.items() for file in files if n not in rows_named(ROOT / file)} == set()


def rows_named(file: Path) -> set[int]:
    named: set[int] = set()
    for numbers in re.findall(r"\b[Rr]ows? (\d+(?:(?:, | and | to )\d+)*)", file.read_text()):
        for part in re.split(r", | and ", numbers):
            first, *last = [int(word) for word in part.split(" to ")]
            named |= set(range(first, (last or [first])[0] + 1))
    return named

"""docs/commands.md and docs/pm2.md know what there is."""

import re
from pathlib import Path

from chorus.cluster.cli import failure
from chorus.cluster.cli.commands import ALIASES, COMMANDS
from chorus.entry.command import PRODUCT

ROOT = Path(__file__).parents[2]


def test_every_command_is_on_the_page():
    page = (ROOT / "docs" / "commands.md").read_text()

    assert [command.name for command in (*COMMANDS, *PRODUCT.commands) if f"`chorus {command.name}" not in page] == []


def test_every_option_on_the_page_is_there_and_so_are_pm2s_names():
    page = (ROOT / "docs" / "commands.md").read_text()
    options = {option.long for command in (*COMMANDS, *PRODUCT.commands) for option in command.options}
    of_pm2 = re.search(r"^\| (.*) \| PM2's names", page, re.MULTILINE)

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page)) - options == {"--fast", "--version"}  # a program's, ours
    assert of_pm2 is not None
    assert {name.removeprefix("chorus ") for name in re.findall(r"`([^`]+)`", of_pm2[1])} <= ALIASES.keys()


def test_the_exit_codes_on_the_page_are_those_that_commands_end_with():
    page = (ROOT / "docs" / "commands.md").read_text().split("## Exit codes\n")[1].split("\n## ")[0]
    codes = {int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| ([^|]*) \|$", page, re.MULTILINE)}
    words = {
        failure.OK: "done", failure.FAILED: "did not happen", failure.USAGE: "cannot be understood",
        failure.NOT_RUNNING: "no manager runs", failure.NOT_AS_WANTED: "`status` only",
        failure.WOULD_CHANGE: "`plan` only", failure.INTERRUPTED: "Control-C",
    }  # fmt: skip

    assert codes.keys() == words.keys()
    assert [code for code, word in words.items() if word not in codes[code]] == []


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

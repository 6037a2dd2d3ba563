"""Every command that the pages show can be typed: `chorus` knows the words, `make` the target."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus.cluster.cli.arguments import read
from chorus.cluster.cli.commands import COMMANDS
from chorus.entry.command import PRODUCT

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOR_A_SHELL = {"", "sh", "bash", "console"}
FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\s*(?:\$ )?(?:\w+=\S*\s+)*(?:\.venv/bin/)?(chorus|make)\b(?!:)(.*)$")


def shown(program: str) -> Iterator[tuple[str, list[str]]]:
    """Where a command of this program stands, and its words."""
    for page in PAGES:
        text = page.read_text()
        for block in FENCED.finditer(text):
            first = text[: block.start(2)].count("\n") + 1
            for number, line in enumerate(block[2].splitlines() if block[1] in FOR_A_SHELL else [], first):
                if (found := COMMAND.match(line)) and found[1] == program:
                    words = shlex.split(found[2].partition(" #")[0].partition(" | ")[0])
                    yield f"{page.relative_to(ROOT)}:{number}", words


def test_the_pages_show_commands():
    """A pattern that finds nothing would make the rest hold for nothing."""
    assert len(list(shown("chorus"))) > 5
    assert len(list(shown("make"))) > 3


@pytest.mark.parametrize(("place", "words"), [pytest.param(*each, id=each[0]) for each in shown("chorus")])
def test_a_chorus_command_that_is_shown_is_one_with_its_options(place: str, words: list[str]):
    commands = {command.name: command for command in (*COMMANDS, *PRODUCT.commands)}
    if words[:1] in ([], ["help"], ["--version"]):
        assert set(words[1:]) <= set(commands), place
        return

    assert words[0] in commands, place
    command = commands[words[0]]
    read(words[1:], command.options, least=command.least, most=command.most)


@pytest.mark.parametrize(("place", "words"), [pytest.param(*each, id=each[0]) for each in shown("make")])
def test_a_make_target_that_is_shown_is_one(place: str, words: list[str]):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {word for word in words if "=" not in word} <= targets, place

"""Emoji by the names that people and their programs type at Slack and GitHub: `:tada:` is shown as 🎉.

Not in code and not in links; a name that is none stays as it was written. What is stored is the text, so that an edit
shows what was typed.
"""

import re
from pathlib import Path

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

NAMED = re.compile(r"(?<!\w):([a-z0-9_+-]{1,40}):(?!\w)")
"""What may be one."""

EMOJI: dict[str, str] = dict(
    line.split(" ") for line in Path(__file__).with_name("emoji.txt").read_text(encoding="utf-8").splitlines()
)
"""By name."""


def has_named(text: str) -> bool:
    """Whether there is an emoji's name in it."""
    return ":" in text and any(found[1] in EMOJI for found in NAMED.finditer(text))


def show_emoji(state: StateCore) -> None:
    """A markdown-it core rule, to run after `inline` and the addresses: puts emoji where their names stand."""
    for block in state.tokens:
        if block.type == "inline" and block.children and ":" in block.content:
            _show(block.children)


def _show(tokens: list[Token]) -> None:
    within = 0
    for token in tokens:
        within += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not within:
            token.content = NAMED.sub(lambda found: EMOJI.get(found[1], found[0]), token.content)

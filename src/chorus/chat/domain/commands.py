"""Slash commands: `/name what follows`, typed where messages are. Pure.

parsed("/topic What comes next")        # ("topic", "What comes next")
parsed("/etc/hosts is a file")          # None: a message
"""

import re

import msgspec

from chorus.chat.domain.errors import Conflict, Invalid, TooLarge

MOST_COMMANDS = 100
"""On a server, besides those that are built in."""

LONGEST_ABOUT = 100
"""Characters of a description, and of a hint."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_TYPED = re.compile(r"/([a-zA-Z][a-zA-Z0-9_-]{0,31})(?:\s+(.*))?\s*", re.DOTALL)


class Command(msgspec.Struct, frozen=True):
    """A command, as those see it who may type it."""

    name: str
    hint: str
    """What is typed after the name, for people."""

    description: str
    bot: int = 0
    """The account that answers; 0: it is built in."""


BUILT_IN = {
    command.name: command
    for command in (
        Command("help", "", "What can be typed after a slash"),
        Command("invite", "@somebody", "Add somebody to this channel"),
        Command("leave", "", "Leave this channel"),
        Command("me", "what you do", "Say what you do"),
        Command("shrug", "[what you say]", "Say something and shrug"),
        Command("topic", "[what it is about]", "Set the topic of this channel, or see it"),
    )
}
"""By name."""


def parsed(text: str) -> tuple[str, str] | None:
    """The name and what follows it; None for what is a message."""
    typed = _TYPED.fullmatch(text)
    return (typed[1].lower(), (typed[2] or "").strip()) if typed else None


def check_command(name: str, *, hint: str, description: str, bot: int) -> Command:
    """Return the command as it is kept.

    Raises:
        Invalid: the name has other characters, or a text has control characters.
        TooLarge: a text is above 100 characters.
        Conflict: it is built in.
    """
    name = name.strip().removeprefix("/").lower()
    if not _NAME.fullmatch(name):
        raise Invalid("name: expected 1 to 32 letters, digits, dashes or underscores, beginning with a letter")
    if name in BUILT_IN:
        raise Conflict(f"name: /{name} is built in")
    for field, text in (("hint", hint), ("description", description)):
        if len(text) > LONGEST_ABOUT:
            raise TooLarge(f"{field}: found {len(text)} characters, expected at most {LONGEST_ABOUT}")
        if not text.isprintable():
            raise Invalid(f"{field}: control and invisible characters are not allowed")
    return Command(name, hint.strip(), description.strip(), bot)

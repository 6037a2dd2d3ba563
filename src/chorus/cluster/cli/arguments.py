"""The arguments of one command: declared as data, read without surprises.

    declared = [Option("lines", "-n", "N", "how many lines", default="50"), Option("follow", "-f", help="go on")]
    arguments = read(["chat", "-n", "5", "--follow"], declared, most=8)
    arguments.operands            # ["chat"]
    arguments.text("lines")       # "5"
    arguments.given("follow")     # True

Options may stand anywhere; `--` ends them. A negative number such as -1 is an operand, so that `scale chat -1` reads
well.
"""

from collections.abc import Sequence
from typing import NamedTuple

from chorus.cluster.cli.failure import nearest, usage


class Option(NamedTuple):
    """An option of a command: "--name", perhaps with a short form, and with a value when `value` names one."""

    name: str
    short: str = ""
    value: str = ""
    help: str = ""
    default: str = ""

    @property
    def long(self) -> str:
        """As it is written on the command line."""
        return f"--{self.name}"


class Arguments:
    """What the command line said."""

    def __init__(self, operands: list[str], options: dict[str, str], rest: list[str]) -> None:
        self.operands = operands
        self.rest = rest
        """What stands after `--`."""

        self._options = options

    def given(self, name: str) -> bool:
        """Whether the option stands on the command line."""
        return name in self._options

    def text(self, name: str, default: str = "") -> str:
        """The option's value, or the default."""
        return self._options.get(name, default)

    def words(self, name: str) -> list[str]:
        """A value such as "a,b" as a list."""
        return [word.strip() for word in self._options.get(name, "").split(",") if word.strip()]

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """The option's value as a whole number.

        Raises:
            CommandFailed: a usage error that says which numbers are allowed.
        """
        text = self._options.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and least <= int(text[:12]) <= most):
            raise usage(f'--{name}: found "{text}", expected a whole number from {least} to {most}')
        return int(text)


def read(words: Sequence[str], declared: Sequence[Option], *, least: int = 0, most: int = 0) -> Arguments:
    """Sort words into operands and options.

    Args:
        words: the command line, after the command.
        declared: the options this command has.
        least: operands it needs.
        most: operands it takes.

    Raises:
        CommandFailed: a usage error.
    """
    head, rest = list(words), list[str]()
    if "--" in head:
        cut = head.index("--")
        head, rest = head[:cut], head[cut + 1 :]

    operands: list[str] = []
    options: dict[str, str] = {}
    while head:
        word = head.pop(0)
        if not word.startswith("-") or word == "-" or word[1:].isdigit():
            operands.append(word)
            continue
        option, value = _find(word, declared)
        if option.name in options:
            raise usage(f"{option.long} stands there twice")
        if not option.value and value is not None:
            raise usage(f"{option.long} takes no value")
        if option.value and value is None:
            if not head:
                raise usage(f"{option.long} wants a value: {option.long} {option.value}")
            value = head.pop(0)
        options[option.name] = value or ""

    if len(operands) < least:
        raise usage("too few arguments")
    if len(operands) > most:
        raise usage(f'too many arguments: "{operands[most]}"' if most else f'takes no argument: "{operands[0]}"')
    return Arguments(operands, options, rest)


def _find(word: str, declared: Sequence[Option]) -> tuple[Option, str | None]:
    """The option a word names, and the value that is glued to it: --lines=5, -n5."""
    name, equals, value = word.partition("=")
    for option in declared:
        if name == option.long:
            return option, value if equals else None
        if option.short and word.startswith(option.short) and not word.startswith("--"):
            return option, word[2:].removeprefix("=") or None
    near = nearest(name, [option.long for option in declared])
    raise usage(f'unknown option "{name}"', *([f"Did you mean {near}?"] if near else []))

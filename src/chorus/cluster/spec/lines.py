"""A command line of one text as a program and its arguments.

command("node server.js --fast")      # ["node", "server.js", "--fast"]
command("PORT=80 npm start")          # ["sh", "-c", "PORT=80 npm start"]
program("PORT=80 npm start")          # "npm"
"""

import re
import shlex

_QUOTED = re.compile(r"'[^']*'|\\.|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_FOR_A_SHELL = re.compile(r"[|&;<>$`*]|^\s*\w+=")
"""What only a shell makes something of, where no quotes are around it."""

_ASSIGNMENT = re.compile(r"\w+=")


def command(line: str) -> list[str]:
    """Its words, as a shell splits them; where only a shell understands it, a shell that runs it.

    Raises:
        ValueError: a quote has no end.
    """
    words = shlex.split(line)
    return ["sh", "-c", line] if len(words) > 1 and _FOR_A_SHELL.search(_QUOTED.sub(_left, line)) else words


def program(line: str) -> str:
    """The program that a line is about: its first word that sets no variable; "" where there is none.

    Raises:
        ValueError: a quote has no end.
    """
    return next((word for word in shlex.split(line) if not _ASSIGNMENT.match(word)), "")


def _left(quoted: re.Match[str]) -> str:
    """What a shell still makes something of within double quotes."""
    return "".join(c for c in quoted[0] if c in "$`") if quoted[0].startswith('"') else "_"

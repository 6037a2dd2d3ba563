"""What `chorus start` is asked to start: files, modules, programs or names, told apart by how they look.

kind("shop.web:application", ...)      an ASGI application
kind("worker.py", ...)                 a script
kind("node server.js --fast", ...)     a command line
may_be_target("shop:0")                something that the cluster may know
"""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from chorus.cluster.cli import machine, pm2_file
from chorus.cluster.cli.arguments import Arguments
from chorus.cluster.cli.failure import CommandFailed, usage
from chorus.cluster.spec import ApplicationSpec, lines
from chorus.cluster.spec.problems import Problem, SpecError
from chorus.cluster.spec.reading import parse

DEFAULT_PORT: Final = "3000"
"""Where an ASGI application listens when neither --port nor PORT says."""

_MODULE: Final = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")

_NAME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9._-]{0,31}$")
_INSTANCE: Final = re.compile(r"^([A-Za-z][A-Za-z0-9._-]{0,31}:)?[0-9]{1,9}$")
_PATTERN: Final = re.compile(r"^/.{1,198}/$")


AS_WRITTEN: Final = ("host", "cwd", "interpreter", "namespace", "max-memory-restart", "cron-restart")
"""Options of `start` that are keys of an application, with what stands behind them."""

OF_ONE: Final = (*AS_WRITTEN, "name", "instances", "port", "watch", "no-autorestart")
"""All of those that are about one application."""


class Kind(Enum):
    """What a word of `chorus start` is."""

    FILE = "an ecosystem file"
    MODULE = "an ASGI application"
    LINE = "a command line"
    SCRIPT = "a script"
    PROGRAM = "a program"
    NAME = "the name of an application"


def kind(word: str, directory: str) -> Kind:
    """Say what a word is. What is neither a file nor a program here must be the name of an application."""
    path = os.path.join(directory, os.path.expanduser(word))
    if word.endswith(".toml") or pm2_file.is_one(word):
        return Kind.FILE
    if _MODULE.match(word):
        return Kind.MODULE
    if os.path.isfile(path):  # its name may have spaces in it
        return Kind.SCRIPT
    if any(c.isspace() for c in word.strip()):
        return Kind.LINE
    if shutil.which(word):
        return Kind.PROGRAM
    return Kind.NAME


def may_be_target(word: str) -> bool:
    """Whether a word looks like something that the cluster may know: a name, a namespace, an instance, a group."""
    return _NAME.match(word) is not None or is_target_alone(word)


def is_target_alone(word: str) -> bool:
    """Whether a word can be nothing but a target: an instance, "all", a regular expression."""
    return word == "all" or is_instance(word) or _PATTERN.match(word) is not None


def is_path(word: str) -> bool:
    """Whether a word can only be a file: it has a folder in it, or the ending of a script."""
    return "/" in word or os.path.splitext(word)[1] in {".py", ".js", ".cjs", ".mjs", ".ts", ".sh"}


def is_instance(word: str) -> bool:
    """Whether a word has the form of one instance: "shop:0", or the ID of `status`."""
    return _INSTANCE.match(word) is not None


def specification(
    word: str,
    arguments: Arguments,
    environment: Mapping[str, str],
    directory: str,
    *,
    warn: Callable[[str], None] = lambda _: None,
) -> ApplicationSpec:
    """The specification of an application given on the command line; `warn` is told what is taken otherwise than said.

    Raises:
        CommandFailed: an option says something that cannot be run (a usage error), or that this machine does not have.
    """
    table: dict[str, Any] = {"args": arguments.rest}
    what = kind(word, directory)
    if what is Kind.MODULE:
        table |= {"app": word, "port": _number(environment.get("PORT") or DEFAULT_PORT)}
    elif what is Kind.LINE:
        try:
            table["command"] = lines.command(word)
        except ValueError as error:
            raise usage(f"{word}: {error}".lower()) from error
    elif what is Kind.SCRIPT:
        path = os.path.expanduser(word)
        table["script"] = os.path.join(directory, path) if arguments.given("cwd") else path
    else:
        table["command"] = [word]
    table["name"] = arguments.text("name") or _name(word, what)
    table |= {option.replace("-", "_"): arguments.text(option) for option in AS_WRITTEN if arguments.given(option)}
    table |= {option: _number(arguments.text(option)) for option in ("instances", "port") if arguments.given(option)}
    table |= {"watch": True} if arguments.given("watch") else {}
    table |= {"autorestart": False} if arguments.given("no-autorestart") else {}

    document = {"applications": [table]}
    processors = len(os.sched_getaffinity(0))
    try:
        found = parse(document, source="command line", directory=directory, processors=processors, warn=warn)
    except SpecError as error:
        first, *others = [_on_the_line(problem, word) for problem in error.problems]
        raise usage(first, *others) from error
    if missing := machine.missing(document, found, environment):
        first, *others = [_on_the_line(problem, word) for problem in missing]
        raise CommandFailed(first, others)
    return found[0]


def _on_the_line(problem: Problem, word: str) -> str:
    """A problem with the option in the place of the key: "--max-memory-restart: found …"."""
    key = problem.key.removeprefix("applications[0]").removeprefix(".")
    if key.partition(".")[0] in {"", "app", "command", "script"}:
        return f"{word}: found {problem.found}, expected {problem.expected}"
    return f"--{key.replace('_', '-')}: found {problem.found}, expected {problem.expected}"


def _name(word: str, what: Kind) -> str:
    """A name made of what is started: shop.web:application is web, ./bin/worker.py is worker."""
    if what is Kind.MODULE:
        raw = word.partition(":")[0].rpartition(".")[2]
    else:
        raw = os.path.splitext(os.path.basename(lines.program(word) if what is Kind.LINE else word))[0]
    name = re.sub(r"[^A-Za-z0-9._-]", "-", raw).strip("-._0123456789")[:32]
    if not name:
        raise CommandFailed(f"{word}: give it a name with --name")
    return name


def _number(text: str) -> int | str:
    """A number, or the text for the specification to read or refuse."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(text) < 12 else text

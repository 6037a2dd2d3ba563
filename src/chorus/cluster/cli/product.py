"""What the command line is told about the program it belongs to, so that the cluster need not know it.

product = Product(name="Shop", version="1.2", primary="shop", builtin=applications, commands=())
sys.exit(main(sys.argv[1:], product))
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from chorus.cluster.cli.arguments import Arguments, Option
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.terminal import Terminal

if TYPE_CHECKING:
    from chorus.cluster.spec import ApplicationSpec


class Wish(NamedTuple):
    """How `start` without a file wants the built-in applications."""

    home: Home
    environment: Mapping[str, str]
    """Of the caller, with what --env and --port select in it."""

    directory: str
    """Absolute; where logs go."""

    instances: int | None
    """Of the primary application; None is its default."""

    running: frozenset[str] = frozenset()
    """Built-in applications that run already: no file is changed that they read."""


class Service(NamedTuple):
    """Something the applications depend on, as the monitor shows it."""

    well: bool
    text: str
    """How it is, in a few words: "Valkey 9.0, 0.2 ms"."""


class Command(NamedTuple):
    """One command: how it is called, and the function that does it, by name so that only that one is imported."""

    name: str
    run: str
    """ "package.module:function", called with a Context, returns an exit code."""

    summary: str
    operands: str = ""
    least: int = 0
    most: int = 0
    options: tuple[Option, ...] = ()
    doc: str = ""
    """What `help` says below the summary."""

    rest: str = ""
    """What may stand after `--`; "" when nothing may."""

    words: tuple[str, ...] = ()
    """What the first operand may be, for the completion of shells."""


class Product(NamedTuple):
    """A program that brings its own applications."""

    name: str
    version: str
    primary: str
    """The application that is meant where a command needs one and names none."""

    builtin: "Callable[[Wish], list[ApplicationSpec]]"
    """Makes what `start` runs where there is no ecosystem.toml; may raise CommandFailed."""

    builtin_names: tuple[str, ...] = ()
    objections: "Callable[[ApplicationSpec], list[str]]" = lambda _: []
    """What speaks against running an application so, a line each, where it is one of the program's own."""

    settings: Callable[[], tuple[str, ...]] = tuple
    """The variables that the built-in applications read."""

    commands: tuple[Command, ...] = ()
    """Further commands of the program's own."""

    services: str = ""
    """ "package.module:function", called with a Context, returns a list of Service; "" where there is none."""


class Context(NamedTuple):
    """What a command gets."""

    product: Product
    command: Command
    arguments: Arguments
    home: Home
    terminal: Terminal
    environment: Mapping[str, str]

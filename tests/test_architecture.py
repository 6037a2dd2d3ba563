"""The import rules of ARCHITECTURE.md, kept by walking over every module's imports."""

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"

PURE = (
    "chorus.cluster.spec",
    "chorus.cluster.lifecycle",
    "chorus.cluster.restarts",
    "chorus.cluster.targets",
    "chorus.cluster.cli.remains",
    "chorus.cluster.rollout",
    "chorus.cluster.changes",
    "chorus.cluster.put_aside",
    "chorus.cluster.series",
    "chorus.cluster.exposition",
    "chorus.cluster.alerts",
    "chorus.cluster.cli.monitor.charts",
    "chorus.cluster.messages",
    "chorus.cluster.keeper.watchdog",
    "chorus.cluster.handover.messages",
    "chorus.cluster.handover.balance",
    "chorus.cluster.manager.notify_state",
    "chorus.cluster.manager.ending",
    "chorus.cluster.manager.judging",
    "chorus.cluster.manager.records",
    "chorus.realtime.engineio",
    "chorus.realtime.socketio",
    "chorus.realtime.rooms",
    "chorus.realtime.outbox",
    "chorus.realtime.errors",
    "chorus.realtime.transport.cookie",
    "chorus.realtime.transport.deflate",
    "chorus.realtime.transport.frames",
    "chorus.realtime.log.contract",
    "chorus.realtime.log.deafness",
    "chorus.realtime.log.follower",
    "chorus.realtime.log.lateness",
    "chorus.realtime.log.hints",
    "chorus.realtime.log.recent",
    "chorus.realtime.presence.table",
    "chorus.realtime.presence.wire",
    "chorus.realtime.log.trail",
    "chorus.realtime.backplane.contract",
    "chorus.realtime.backplane.directory",
    "chorus.realtime.backplane.names",
    "chorus.realtime.backplane.outgoing",
    "chorus.realtime.backplane.parcel",
    "chorus.realtime.backplane.redirection",
    "chorus.realtime.backplane.settings",
    "chorus.realtime.backplane.slots",
    "chorus.realtime.backplane.topic",
    "chorus.realtime.handover.claims",
    "chorus.realtime.handover.state",
    "chorus.realtime.handover.luggage",
    "chorus.realtime.handover.notes",
    "chorus.realtime.handover.overlap",
    "chorus.realtime.handover.pace",
    "chorus.chaos.certificate",
    "chorus.chaos.journal",
    "chorus.chaos.messages",
    "chorus.chaos.schedule",
    "chorus.chaos.verdict",
    "chorus.client.backoff",
    "chorus.client.positions",
    "chorus.client.shapes",
    "chorus.client.wire",
    "chorus.chat.access",
    "chorus.chat.domain",
    "chorus.chat.http.plain_request",
    "chorus.chat.files.metadata",
    "chorus.chat.files.sniffing",
    "chorus.chat.slack",
    "chorus.chat.calling.addresses",
    "chorus.chat.calling.signing",
)
"""No I/O, no clock, no randomness, no logging."""

DATA_ONLY = {
    "__future__", "abc", "array", "base64", "binascii", "bisect", "collections", "contextlib", "dataclasses",
    "datetime", "difflib", "enum", "fnmatch", "functools", "graphlib", "hashlib", "heapq", "hmac", "inspect",
    "ipaddress", "itertools", "json", "math", "operator", "os.path", "re", "reprlib", "shlex", "signal", "string",
    "struct", "textwrap", "types", "typing", "unicodedata", "urllib.parse", "uuid", "zlib",
}  # fmt: skip

PURE_PACKAGES = ("msgspec", "cronsim")
"""Of the dependencies: encoding, and the arithmetic of cron expressions."""

GRAB_BAGS = {"utils", "util", "common", "helpers", "helper", "misc", "core"}


@cache
def imports() -> dict[str, frozenset[str]]:
    """Each module of the package → the modules it imports, as full dotted names."""
    return {name: frozenset(_imported(name, path)) for name, path in modules().items()}


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted((SOURCE / "chorus").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def statements(path: Path) -> list[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The imports of a file, each with whether it stands in a function."""
    return list(_found(ast.parse(path.read_text()).body, hidden=False))


def _found(body: list[ast.stmt], *, hidden: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Statements only: there is no import in an expression, and most of a tree is expressions."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, hidden
        inside = hidden or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for part in ("body", "handlers", "cases", "orelse", "finalbody"):
            yield from _found(getattr(node, part, []), hidden=inside)


def _imported(name: str, path: Path) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node, _ in statements(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield whole if whole in modules() else base


def lines_of_code(path: Path) -> int:
    """Lines that are neither blank nor comment nor docstring."""
    text = path.read_text()
    docstrings = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in nothing
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(code - docstrings)


def within(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def breaches(importer: str, *, of: tuple[str, ...], besides: tuple[str, ...] = ()) -> list[str]:
    """The imports by modules in room `importer` of modules in rooms `of` that are not in rooms `besides`."""
    return [
        f"{name} imports {target}"
        for name, targets in imports().items()
        if within(name, importer)
        for target in sorted(targets)
        if within(target, *of) and not within(target, *besides)
    ]


def test_the_walk_finds_the_package():
    """A wrong path would make every rule below hold for nothing."""
    assert len(modules()) > 20
    assert within("chorus.chat.domain.errors", "chorus.chat")
    assert any(within(target, "chorus.cluster") for target in imports()["chorus.entry.command"])


def test_cluster_knows_nothing_of_realtime_and_chat():
    assert breaches("chorus.cluster", of=("chorus.realtime", "chorus.chat", "chorus.web", "chorus.ops")) == []


def test_realtime_knows_nothing_of_cluster_and_chat():
    assert breaches("chorus.realtime", of=("chorus.cluster", "chorus.chat", "chorus.web", "chorus.ops")) == []


def test_chat_uses_only_what_realtime_exports():
    inside = tuple(name for name in modules() if name.startswith("chorus.realtime."))
    assert breaches("chorus.chat", of=(*inside, "chorus.cluster")) == []


def test_the_client_imports_nothing_else_of_chorus_and_nothing_imports_it():
    """It is a program like any other; it could be a package of its own."""
    rooms = tuple(name for name in modules() if name != "chorus" and not within(name, "chorus.client"))
    assert breaches("chorus.client", of=rooms) == []
    assert [line for room in rooms for line in breaches(room, of=("chorus.client",))] == []


def test_only_entry_sees_all_and_nothing_imports_entry():
    rooms = ("cluster", "realtime", "chat", "web", "ops", "chaos")
    assert [line for room in rooms for line in breaches(f"chorus.{room}", of=("chorus.entry",))] == []


def test_chaos_hits_the_cluster_from_outside():
    rooms = ("chorus.cluster", "chorus.realtime", "chorus.web", "chorus.ops")
    assert breaches("chorus.chaos", of=rooms) == []
    assert [line for room in (*rooms, "chorus.chat") for line in breaches(room, of=("chorus.chaos",))] == []


def test_the_keeper_imports_the_standard_library_only():
    outside = [
        f"{name} imports {target}"
        for name, targets in imports().items()
        if within(name, "chorus.cluster.keeper")
        for target in targets
        if not within(target, "chorus.cluster.keeper") and target.split(".")[0] not in sys.stdlib_module_names
    ]
    assert outside == []


def test_the_keeper_stays_as_small_as_was_decided():
    """docs/decisions/keeper-size.md: whatever it does not have to do itself is the manager's."""
    sizes = {name: lines_of_code(path) for name, path in modules().items() if within(name, "chorus.cluster.keeper")}

    assert sum(sizes.values()) <= 2000, sizes
    assert {name: size for name, size in sizes.items() if size > 220} == {}


def test_the_keepers_log_files_have_one_door():
    """Children and commands know of pipes; what becomes of lines is decided behind them."""
    writing = ("chorus.cluster.keeper.logs",)
    insiders = {"chorus.cluster.keeper.pipes", "chorus.cluster.keeper.output"}
    assert {name for name, targets in imports().items() for target in targets if within(target, *writing)} == insiders


def test_the_keeper_has_no_event_loop_but_its_own():
    """asyncio would double its memory."""
    assert breaches("chorus.cluster.keeper", of=("asyncio", "logging", "subprocess", "threading")) == []


def test_the_command_line_reaches_the_manager_through_rpc():
    inside = ("chorus.cluster.manager", "chorus.cluster.worker")
    assert breaches("chorus.cluster.cli", of=inside) == []


def test_the_terminal_s_libraries_are_the_monitors():
    """Every other command would wait for their import."""
    libraries = ("textual", "rich", "psutil")
    users = {name for name, targets in imports().items() for target in targets if within(target, *libraries)}
    assert {name for name in users if not within(name, "chorus.cluster.cli.monitor")} == set()
    assert users


def test_http_and_live_meet_only_in_actions():
    assert breaches("chorus.chat.http", of=("chorus.chat.live", "chorus.chat.storage")) == []
    assert breaches("chorus.chat.live", of=("chorus.chat.http", "chorus.chat.storage")) == []


def test_the_domain_knows_no_storage():
    others = ("chorus.chat.storage", "chorus.chat.actions", "chorus.chat.http", "chorus.chat.live")
    assert breaches("chorus.chat.domain", of=others) == []


@pytest.mark.parametrize("room", PURE)
def test_pure_modules_import_pure_modules_and_data_only(room):
    """The standard library's I/O, clocks, randomness and logging stay outside."""
    assert any(within(name, room) for name in modules()), f"{room} is gone: take it out of PURE"
    impure = [
        f"{name} imports {target}"
        for name, targets in imports().items()
        if within(name, room)
        for target in sorted(targets)
        if not within(target, *PURE, *PURE_PACKAGES) and not {target, target.split(".")[0]} & DATA_ONLY
    ]
    assert impure == []


def test_there_are_no_cycles():
    graph = {name: {t for t in targets if t in modules() and t != name} for name, targets in imports().items()}
    while leaves := [name for name, targets in graph.items() if not targets]:
        for name in leaves:
            del graph[name]
        for targets in graph.values():
            targets.difference_update(leaves)
    assert graph == {}


def test_there_are_no_star_imports():
    stars = [
        name
        for name, path in modules().items()
        for node, _ in statements(path)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    assert stars == []


def test_there_are_no_grab_bags():
    assert [name for name in modules() if GRAB_BAGS & set(name.split("."))] == []


LATE = (
    "chorus.cluster.cli",  # start-up time counts
    "chorus.entry.command",
    "chorus.chat.storage.opening",  # a driver's memory, where its database is not the one chosen
    "chorus.chat.rendering.code",  # what colours code, until there is some
)
"""Modules whose functions import: tests/entry/test_weight.py sees what that keeps out of a worker."""


def test_imports_stand_at_the_top_but_where_time_or_memory_counts():
    """Elsewhere an import inside a function hides an arrow of the picture."""
    hidden = [
        f"{name}:{node.lineno}"
        for name, path in modules().items()
        if not within(name, *LATE)
        for node, inside in statements(path)
        if inside
    ]
    assert hidden == []

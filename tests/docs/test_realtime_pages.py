"""docs/realtime/: every public name has its place, and what is shown works. Row 6: the migration pages among them."""

import contextlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import engineio
import pytest
import socketio

from chorus import realtime
from docs.realtime_reference import chapters, members, named, page

PAGES = Path(__file__).parents[2] / "docs" / "realtime"

OF_INSTANCES = {"sid", "state", "recovered", "asgi", "path", "backplane", "example"}
"""Attributes that classes do not show; and hosts like chat.example."""


def headings(level):
    return re.findall(rf"^{'#' * level} ([\w.]+)$", (PAGES / "api.md").read_text(), flags=re.MULTILINE)


def test_the_reference_page_is_in_step_with_the_docstrings():
    """Else: `make reference`."""
    assert page() == (PAGES / "api.md").read_text()


def test_every_public_name_is_on_the_reference_page_and_no_other():
    """`make reference` writes it anew."""
    assert sorted(headings(3)) == sorted([*realtime.__all__, "FakeClient"])


def test_every_public_member_is_on_the_reference_page():
    """Methods and properties."""
    found = set(headings(4))
    missing = [
        f"{name}.{member}"
        for names in chapters().values()
        for name in names
        if isinstance(named(name), type)
        for member, _ in members(named(name))
        if f"{name}.{member}" not in found
    ]

    assert missing == []


@pytest.mark.parametrize("page", sorted(each.name for each in PAGES.glob("*.md") if each.name != "api.md"))
def test_names_that_a_page_mentions_exist(page):
    """In its links, and after `chat.`, `client.` and `server.` in its code, that in its tables and sentences too."""
    text = (PAGES / page).read_text()
    kinds = {"chat": "Namespace", "client": "Client", "server": "Server"}
    ours = "\n".join(re.findall(r"```python ours\n(.*?)```", text, flags=re.DOTALL))
    ours += "\n".join(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))
    unknown = [
        f"{variable}.{name}"
        for variable, name in re.findall(r"\b(chat|client|server)\.(\w+)", ours)
        if not hasattr(named(kinds[variable]), name) and name not in OF_INSTANCES
    ]
    links = [link for link in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", text) if not (PAGES / link).exists()]

    assert (unknown, links) == ([], [])


@pytest.mark.parametrize("page", sorted(each.name for each in PAGES.glob("*.md") if each.name != "api.md"))
def test_our_code_on_a_page_runs(page, tmp_path):
    """All of it, one block after the other; `uvicorn.run` is where it would serve for ever."""
    blocks = re.findall(r"```python ours\n(.*?)```", (PAGES / page).read_text(), flags=re.DOTALL)
    program = tmp_path / "page.py"
    program.write_text("import uvicorn\nuvicorn.run = lambda *_, **__: None\n" + "\n".join(blocks))

    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60, check=False)

    assert blocks
    assert ran.returncode == 0, ran.stderr


def rows(page):
    """Of the page's tables: the cells of each."""
    return [row.split(" | ") for row in re.findall(r"^\| (.*) \|$", (PAGES / page).read_text(), flags=re.MULTILINE)]


def unnamed(page, names):
    """Those of the names that no table of the page has in its first column."""
    first = "\n".join(cells[0] for cells in rows(page))
    return sorted(name for name in names if not re.search(rf"\b{re.escape(name)}\b", first))


def ours():
    """Every name that the library's public classes give their members and the parameters of these."""
    kinds = [named(name) for name in headings(3) if isinstance(named(name), type)]
    found = OF_INSTANCES | {member for kind in kinds for member in dir(kind)}
    for function in [*kinds, *(getattr(kind, name) for kind in kinds for name in dir(kind) if name[0] != "_")]:
        with contextlib.suppress(TypeError, ValueError):  # it is none, or written in C
            found |= inspect.signature(function).parameters.keys()
    return found


@pytest.mark.parametrize("page", ["from-socket-io.md", "from-python-socketio.md"])
def test_what_a_migration_page_puts_in_the_place_of_a_name_exists(page):
    """Row 6: whatever has an underscore, or follows a dot, in the second column's code."""
    code = "\n".join(re.findall(r"`([^`]+)`", "\n".join(cells[1] for cells in rows(page))))
    code = re.sub(r'"[^"]*"', "", code)
    said = {*re.findall(r"\b[a-z]+_\w*", code), *re.findall(r"\.([a-z]\w*)", code)}

    assert sorted(said - ours() - {"realtime", "run", "other_app"}) == []


SOCKET_IO = {
    "Server": """attach attachApp bind listen close of use on emit engine clientsCount serverSideEmit
        serverSideEmitWithAck new_namespace connection connection_error initial_headers""",
    "Namespace and BroadcastOperator": """to in except local volatile compress timeout emitWithAck fetchSockets
        allSockets socketsJoin socketsLeave disconnectSockets send write sockets adapter rooms""",
    "Socket": """id data handshake auth headers query url address time issued secure xdomain rooms nsp name conn
        transport connected disconnected recovered join leave broadcast disconnect disconnecting onAny prependAny offAny
        listenersAny onAnyOutgoing prependAnyOutgoing offAnyOutgoing listenersAnyOutgoing once off""",
    "options": """path serveClient adapter parser connectTimeout connectionStateRecovery cleanupEmptyChildNamespaces
        pingTimeout pingInterval upgradeTimeout maxHttpBufferSize allowRequest transports allowUpgrades
        perMessageDeflate httpCompression wsEngine cookie cors origin credentials allowEIO3 addTrailingSlash
        destroyUpgrade destroyUpgradeTimeout""",
}
"""What a server written for Socket.IO 4.8 may use, by its reference: https://socket.io/docs/v4/server-api/"""


@pytest.mark.parametrize("part", SOCKET_IO)
def test_whatever_a_server_of_socket_io_uses_has_its_place_on_the_page(part):
    """Row 6: name by name, also what there is no counterpart of."""
    assert unnamed("from-socket-io.md", SOCKET_IO[part].split()) == []


def test_whatever_a_server_of_python_socketio_uses_has_its_place_on_the_page():
    """Row 6: name by name, as the package itself has them; only names that nobody calls are left out."""
    uncalled = {"is_asyncio_based", "reserved_events"}
    methods = {name for kind in (socketio.AsyncServer, socketio.AsyncNamespace) for name in dir(kind)}
    kinds = {name for name in dir(socketio) if name[0].isupper()}
    options = {
        name
        for kind in (socketio.AsyncServer, socketio.base_server.BaseServer, engineio.base_server.BaseServer)
        for name in inspect.signature(kind).parameters
    } - {"kwargs"}
    public = {name for name in methods if not name.startswith("_")} - uncalled

    assert unnamed("from-python-socketio.md", public | kinds | options) == []

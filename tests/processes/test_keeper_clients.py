"""A real keeper and its clients, some of whom lie."""

import os
import socket

import pytest

from chorus.cluster.keeper import documents
from chorus.cluster.keeper.wire import (
    Failure,
    Inspect,
    Note,
    OpenListener,
)
from processes.keeper_parts import most_memory

pytestmark = pytest.mark.processes


# Listeners and the notebook


def test_a_listener_accepts_connections_before_and_between_children(client):
    address = client.do(OpenListener("chat", "127.0.0.1", 0))

    socket.create_connection((address.host, address.port)).close()

    assert client.do(OpenListener("chat", "127.0.0.1", 0)) == address
    assert client.do(OpenListener("chat", "127.0.0.1", address.port)) == address


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("127.0.0.1", "address_in_use"),
        ("203.0.113.9", "address_not_available"),
        ("no.such.name", "address_not_available"),
    ],
)
def test_an_address_that_cannot_be_had_is_told_by_a_code(client, host, code):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Failure) as failed:
        client.do(OpenListener("chat", host, taken.getsockname()[1]))

    assert failed.value.code == code


def test_a_name_open_on_another_address_is_a_conflict(client):
    client.do(OpenListener("chat", "127.0.0.1", 0))

    with pytest.raises(Failure) as failed:
        client.do(OpenListener("chat", "127.0.0.2", 0))

    assert failed.value.code == "conflict"


def test_the_notebook_is_given_back_and_has_a_bound(client):
    client.do(Note("plan", "text"))
    client.do(Note("gone", "x"))
    client.do(Note("gone", None))
    for number in range(8):
        client.do(Note(f"large {number}", "x" * 1_000_000))

    with pytest.raises(Failure) as failed:
        client.do(Note("too much", "x" * 900_000))

    assert failed.value.code == "full"
    assert client.do(Inspect()).notebook["plan"] == "text"
    assert "gone" not in client.do(Inspect()).notebook


# Clients that lie


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\x00\n", b"[1]\n", b'{"do": "Inspect"}\n', b"[" * 100_000 + b"\n"]
)
def test_garbage_gets_one_error_and_the_connection_is_closed(keeper, client, garbage):
    liar = keeper.client()
    liar.socket.sendall(garbage)

    assert liar.read()["ok"] is False
    with pytest.raises(ConnectionResetError):
        liar.read()
    assert client.do(Inspect()).keeper_pid == keeper.process.pid


def test_a_request_without_end_is_cut_off(keeper, client):
    liar = keeper.client()
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        liar.socket.sendall(b"x" * 10_000_000)

    assert client.do(Inspect()).keeper_pid == keeper.process.pid


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"id": 1, "do": "Explode"}, "unknown_command"),
        ({"id": 1, "do": "Note", "name": 3, "text": "x"}, "invalid"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": ["a\0b"], "cwd": "/", "env": {}}, "invalid"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": [], "cwd": "/", "env": {}}, "invalid"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": ["\ud800"], "cwd": "/", "env": {}}, "exec_failed"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": ["ls"], "cwd": "/", "env": {"a=b": "c"}}, "exec_failed"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": ["ls"], "cwd": "/", "env": {}, "uid": -7}, "exec_failed"),
        ({"id": 1, "do": "OpenPage", "name": "p", "size": 10**12}, "invalid"),
        ({"id": 1, "do": "OpenListener", "name": "a:b", "host": "127.0.0.1", "port": 0}, "invalid"),
        ({"id": 1, "do": "OpenListener", "name": "a", "host": "127.0.0.1", "port": 70000}, "invalid"),
        ({"id": 1, "do": "SignalChild", "key": "nobody", "signal": 9}, "not_found"),
    ],
)
def test_a_wrong_command_gets_an_error_and_the_connection_goes_on(client, document, code):
    client.socket.sendall(documents.encode(document))

    assert client.read()["error"]["code"] == code
    assert client.do(Inspect()).children == []


def test_a_client_that_asks_and_never_reads_is_not_served_without_bound(keeper, client):
    client.do(Note("large", "x" * 500_000))
    before = most_memory(keeper)
    deaf = keeper.client()
    deaf.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        deaf.socket.sendall(documents.encode(documents.request(1, Inspect())) * 100_000)

    assert client.do(Inspect()).notebook
    assert most_memory(keeper) - before < 16_000_000


def test_only_the_owner_can_reach_the_sockets(keeper):
    modes = {name: (keeper.home / name).stat().st_mode & 0o777 for name in ("keeper.sock", "notify.sock", "keeper.pid")}

    assert set(modes.values()) == {0o600}
    assert keeper.home.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can pretend to be somebody else")
def test_another_user_is_refused_even_with_open_permissions(keeper):
    for path in (keeper.home, keeper.home / "keeper.sock"):
        path.chmod(0o777)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setuid(65534)
            stranger = socket.socket(socket.AF_UNIX)
            stranger.settimeout(5)
            stranger.connect(str(keeper.home / "keeper.sock"))
            os.write(writing, stranger.recv(1000) + stranger.recv(1000))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(writing)

    with os.fdopen(reading, "rb") as shown:
        assert documents.decode(shown.read())["error"]["code"] == "permission"

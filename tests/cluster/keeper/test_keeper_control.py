"""A connection and a client that does not do its part."""

import socket

import pytest

from chorus.cluster.keeper import documents, wire
from chorus.cluster.keeper.control import MOST_WAITING, Connection
from chorus.cluster.keeper.loop import Loop


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_subscriber_that_stays_behind_is_closed(pair):
    closed = []
    connection = Connection(Loop(), pair[0], lambda _command: wire.Done(), closed.append)

    for _ in range(2 * MOST_WAITING // 10_000):
        connection.push(b"x" * 9_999 + b"\n")

    assert closed == [connection]


def test_an_error_of_our_own_is_an_answer_and_the_connection_goes_on(pair, capsys):
    def broken(_command):
        raise ZeroDivisionError

    loop = Loop()
    connection = Connection(loop, pair[0], broken, lambda _connection: None)
    pair[1].sendall(_line(1, wire.Inspect()) + _line(2, wire.Subscribe()))
    loop.watch(pair[1].fileno(), loop.stop)

    loop.run()

    first, second, _ = pair[1].recv(10_000).split(b"\n")
    assert documents.decode(first)["error"]["code"] == "internal"
    assert documents.decode(second) == {"id": 2, "ok": True}
    assert connection.subscribed
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_large_answer_under_way_does_not_cost_a_subscriber_its_facts(pair):
    closed = []
    large = wire.Lines(["x" * 1000] * (3 * MOST_WAITING // 1000))
    connection = Connection(Loop(), pair[0], lambda _command: large, closed.append)
    pair[1].sendall(_line(1, wire.Subscribe()) + _line(2, wire.Tail("k")))
    connection._ready()

    for _ in range(MOST_WAITING // 10_000):
        connection.push(b"x" * 9_999 + b"\n")
    assert closed == []

    for _ in range(MOST_WAITING // 10_000):
        connection.push(b"x" * 9_999 + b"\n")
    assert closed == [connection]


def _line(number, command):
    return documents.encode(documents.request(number, command))

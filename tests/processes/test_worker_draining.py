"""Real workers that are told to end while they serve."""

import signal
import time

import pytest

from chorus.cluster.keeper.wire import (
    ChildExited,
    ChildNotified,
    SignalChild,
)
from parts.workers import ask, pid_in, received, send
from waiting import until

pytestmark = pytest.mark.processes


def test_sigterm_finishes_the_open_request_with_connection_close(workers, tmp_path):
    """Also one that takes its time, until it would be killed."""
    workers.running(CHORUS_KILL_TIMEOUT="60")
    connection = workers.connect()
    send(connection, f"/slow?{tmp_path / 'go'}")
    until(lambda: "slow began" in workers.tail())

    workers.client.do(SignalChild("web:0:1", signal.SIGTERM))
    assert workers.client.fact(ChildNotified).state["STOPPING"] == "1"
    told = time.monotonic()
    until(lambda: time.monotonic() - told > 0.5, what="a moment to pass")
    (tmp_path / "go").touch()

    answer = received(connection)
    assert answer.startswith("HTTP/1.1 200 OK")
    assert "\r\nconnection: close\r\n" in answer
    exited = workers.client.fact(ChildExited)
    assert (exited.code, exited.signal) == (0, None)
    assert workers.tail()[-1] == "application ended"
    assert not (workers.home / "run" / "web:0:1.sock").exists()


def test_a_drained_keep_alive_connection_has_its_next_request_answered(workers):
    workers.running()
    connection = workers.connect()
    assert "connection: close" not in ask(connection)

    workers.client.do(SignalChild("web:0:1", signal.SIGTERM))
    assert workers.client.fact(ChildNotified).state["STOPPING"] == "1"

    answer = ask(connection)
    assert answer.startswith("HTTP/1.1 200 OK")
    assert "\r\nconnection: close\r\n" in answer
    assert connection.recv(100) == b""
    assert workers.client.fact(ChildExited).code == 0


def test_what_waits_while_a_worker_drains_is_left_to_the_others(workers):
    workers.running(0)
    workers.client.do(SignalChild("web:0:1", signal.SIGTERM))
    workers.client.fact(ChildExited)
    waiting = workers.connect()
    send(waiting)

    pid = workers.running(1)

    assert pid_in(received(waiting)) == pid
    waiting.close()


def test_upgraded_connections_are_told_that_the_worker_ends(workers):
    workers.running()
    connection = workers.connect()
    connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
    assert b" 101 " in connection.recv(1000)

    workers.client.do(SignalChild("web:0:1", signal.SIGTERM))

    assert connection.recv(100) == b"bye"
    assert workers.client.fact(ChildExited).code == 0


def test_a_request_that_never_ends_does_not_outlast_the_kill_timeout(workers):
    workers.running(CHORUS_KILL_TIMEOUT="2")
    connection = workers.connect()
    send(connection, "/slow?/never")
    until(lambda: "slow began" in workers.tail())

    workers.client.do(SignalChild("web:0:1", signal.SIGTERM))

    assert workers.client.fact(ChildExited).code == 0
    assert "application ended" in workers.tail()
    connection.close()

"""Real workers on sockets of a real keeper."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from chorus.cluster.keeper.wire import (
    ChildNotified,
    Inspect,
)
from parts.workers import APPLICATION, ask, pid_in, received, send
from waiting import until

pytestmark = pytest.mark.processes


def test_a_worker_serves_on_the_passed_socket_and_says_ready(workers):
    pid = workers.running()

    answer = workers.ask()

    assert answer.startswith("HTTP/1.1 200 OK")
    assert "\r\ndate: " in answer
    assert pid_in(answer) == pid
    assert workers.client.do(Inspect()).children[0].state == {"READY": "1", "STATUS": "serving"}


def test_a_connection_made_before_the_worker_started_is_served(workers):
    connection = workers.connect()
    send(connection)

    pid = workers.running()

    assert pid_in(received(connection)) == pid
    connection.close()


def test_exactly_this_instance_answers_on_its_private_socket(workers):
    pids = [workers.running(0), workers.running(1)]

    for number, pid in enumerate(pids):
        path = workers.home / "run" / f"web:{number}:1.sock"
        with socket.socket(socket.AF_UNIX) as private:
            private.connect(str(path))
            assert pid_in(ask(private)) == pid
        assert path.stat().st_mode & 0o777 == 0o600


def test_two_hundred_connections_are_even_on_four_workers(workers):
    for number in range(4):
        workers.start(number)
    workers.ready(0, 1, 2, 3)

    connections = [workers.connect() for _ in range(200)]
    for connection in connections:
        send(connection)
    pids = [pid_in(received(connection)) for connection in connections]

    counts = [pids.count(pid) for pid in set(pids)]
    # All equal on an idle machine; without the gate one worker had 192 of them, on a loaded one too.
    assert len(counts) == 4
    assert min(counts) >= len(connections) / 8, counts
    assert max(counts) <= len(connections) / 2, counts
    for connection in connections:
        connection.close()


def test_every_connection_counts_in_the_page_until_it_is_closed_upgraded_or_not(workers):
    pid = workers.running(1)
    plain, upgraded = workers.connect(), [workers.connect() for _ in range(5)]
    ask(plain)
    for connection in upgraded:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
        assert b" 101 " in connection.recv(1000)

    assert workers.shown(pid, slot=1) == 6
    for connection in [*upgraded, plain]:
        connection.close()
    until(lambda: workers.shown(pid, slot=1) == 0)


@pytest.mark.alone
def test_workers_go_on_when_one_is_killed_and_no_connection_waits_for_it(workers):
    pids = [workers.running(number) for number in range(3)]
    held = [workers.connect() for _ in range(30)]
    for connection in held:
        ask(connection)

    os.kill(pids[0], signal.SIGKILL)

    began = time.monotonic()
    answered = {pid_in(workers.ask()) for _ in range(100)}
    assert answered == set(pids[1:])
    assert time.monotonic() - began < 5
    for connection in held:
        connection.close()


@pytest.mark.alone
def test_a_hung_worker_keeps_no_new_connection(workers):
    hung, healthy = workers.running(0), workers.running(1)
    os.kill(hung, signal.SIGSTOP)

    began = time.monotonic()
    connections = [workers.connect() for _ in range(50)]
    answered = {pid_in(ask(connection)) for connection in connections}

    assert answered == {healthy}
    assert time.monotonic() - began < 5
    os.kill(hung, signal.SIGCONT)
    for connection in connections:
        connection.close()


@pytest.mark.alone
def test_a_worker_without_descriptors_rests_and_serves_again_when_it_has_some(workers):
    """EMFILE leaves the connection in the queue; it must neither spin nor give up."""
    (workers.home / "narrow.py").write_text(
        "import resource\n" + APPLICATION + "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
    )
    pid = workers.start(target="narrow:app")
    workers.ready(0)
    held = [workers.connect() for _ in range(60)]
    until(lambda: any("cannot accept connections: Too many open files" in line for line in workers.tail()))

    def ticks():
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))

    before, began = ticks(), time.monotonic()
    until(lambda: time.monotonic() - began > 1.0)
    assert ticks() - before < 30, "the worker spins"
    for connection in held:
        connection.close()

    assert pid_in(workers.ask()) == pid


def test_signs_of_life_are_sent_when_they_are_wanted(workers):
    workers.running(WATCHDOG_USEC="200000")

    first = workers.client.fact(ChildNotified).state["WATCHDOG"]
    second = workers.client.fact(ChildNotified).state["WATCHDOG"]

    assert float(first) < float(second)

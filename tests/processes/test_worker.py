"""Real workers on sockets of a real keeper."""

import os
import re
import signal
import socket
import struct
import sys
import time
from pathlib import Path

import pytest

from chorus.cluster.keeper.wire import (
    ChildExited,
    ChildNotified,
    Inspect,
    OpenListener,
    OpenPage,
    SignalChild,
    Subscribe,
    Tail,
)
from chorus.cluster.worker import gate
from cluster.keeper.running import RunningKeeper
from waiting import until

pytestmark = pytest.mark.processes

APPLICATION = """
import asyncio, os, signal

async def answer(send, text):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": str(text).encode()})

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                print("application ended", flush=True)
                return
    if scope["type"] == "websocket":
        return await talk(receive, send)
    if scope["path"] == "/slow":
        print("slow began", flush=True)
        while not os.path.exists(scope["query_string"].decode()):
            await asyncio.sleep(0.01)
    if scope["path"] == "/hang":
        os.kill(os.getpid(), signal.SIGSTOP)
    await answer(send, os.getpid())

async def failing(scope, receive, send):
    await receive()
    raise ConnectionError("the database is away")

async def hanging(scope, receive, send):
    await receive()
    print("startup hangs", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("startup was cancelled", flush=True)

class Upgraded(asyncio.Protocol):
    def __init__(self, config, server_state, app_state):
        self.connections = server_state.connections
    def connection_made(self, transport):
        self.transport = transport
        self.connections.add(self)
        transport.write(b"HTTP/1.1 101 Switching\\r\\nupgrade: websocket\\r\\nconnection: upgrade\\r\\n\\r\\n")
    def data_received(self, data):
        pass
    def connection_lost(self, error):
        self.connections.discard(self)
    def shutdown(self):
        self.transport.write(b"bye")
        self.transport.close()

app.websocket_protocol = Upgraded
"""


class Workers:
    """A keeper with a listener, a page and workers on both."""

    def __init__(self, keeper: RunningKeeper):
        self.keeper = keeper
        self.home = keeper.home
        self.client = keeper.client()
        self.client.do(Subscribe())
        self.address = ("127.0.0.1", self.client.do(OpenListener("web", "127.0.0.1", 0)).port)
        self.client.do(OpenPage("load", gate.CELL * 8))
        (self.home / "site_under_test.py").write_text(APPLICATION)

    def start(self, number: int = 0, target: str = "site_under_test:app", **env: str) -> int:
        """Start a worker without waiting for anything; gives its pid."""
        key = f"web:{number}:1"
        env = {"CHORUS_HOME": str(self.home), "CHORUS_KEY": key, "CHORUS_LOAD_SLOT": str(number), **env}
        argv = [sys.executable, "-m", "chorus.cluster.worker", target]
        return self.keeper.spawn(self.client, key, *argv, env=env, listeners=["web"], page="load").pid

    def ready(self, *numbers: int) -> None:
        """Wait until these workers said READY=1."""
        for number in numbers:
            while self.client.fact(ChildNotified, key=f"web:{number}:1").state.get("READY") != "1":
                pass

    def running(self, number: int = 0, **env: str) -> int:
        pid = self.start(number, **env)
        self.ready(number)
        return pid

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=10)

    def ask(self, path: str = "/") -> str:
        """One request on a connection of its own."""
        with self.connect() as connection:
            return ask(connection, path)

    def shown(self, pid: int, *, slot: int) -> int:
        """The live connections a worker shows in the page, which it has as descriptor 4."""
        with open(f"/proc/{pid}/fd/4", "rb") as page:
            return gate.Cell(*struct.unpack_from("=qq", page.read(), slot * gate.CELL)).connections

    def tail(self, number: int = 0) -> list[str]:
        return self.client.do(Tail(f"web:{number}:1")).lines


@pytest.fixture
def workers(home):
    with RunningKeeper(home) as keeper:
        yield Workers(keeper)


def send(connection: socket.socket, path: str = "/") -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())


def received(connection: socket.socket) -> str:
    """One whole answer, headers and body."""
    text = b""
    while not re.search(rb"\r\n\r\n.*0\r\n\r\n$", text, re.DOTALL):
        more = connection.recv(1 << 16)
        assert more, f"the connection was closed after {text!r}"
        text += more
    return text.decode()


def ask(connection: socket.socket, path: str = "/") -> str:
    send(connection, path)
    return received(connection)


def pid_in(answer: str) -> int:
    return int(answer.split("\r\n\r\n")[1].split("\r\n")[1])


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


def test_sigterm_finishes_the_open_request_with_connection_close(workers, tmp_path):
    workers.running()
    connection = workers.connect()
    send(connection, f"/slow?{tmp_path / 'go'}")
    until(lambda: "slow began" in workers.tail())

    workers.client.do(SignalChild("web:0:1", signal.SIGTERM))
    assert workers.client.fact(ChildNotified).state["STOPPING"] == "1"
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


def test_sigterm_ends_a_worker_whose_application_hangs_while_it_starts(workers):
    workers.start(target="site_under_test:hanging", CHORUS_KILL_TIMEOUT="60")
    until(lambda: "startup hangs" in workers.tail())

    workers.client.do(SignalChild("web:0:1", signal.SIGTERM))

    assert workers.client.fact(ChildExited).code == 0
    assert workers.tail() == ["startup hangs", "startup was cancelled"]


def test_a_request_that_never_ends_does_not_outlast_the_kill_timeout(workers):
    workers.running(CHORUS_KILL_TIMEOUT="2")
    connection = workers.connect()
    send(connection, "/slow?/never")
    until(lambda: "slow began" in workers.tail())

    workers.client.do(SignalChild("web:0:1", signal.SIGTERM))

    assert workers.client.fact(ChildExited).code == 0
    assert "application ended" in workers.tail()
    connection.close()


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("site_under_test", "worker: expected package.module:attribute, found 'site_under_test'"),
        ("no_such_site:app", "worker: there is no module 'no_such_site' (working directory {home})"),
        ("site_under_test:nothing", "worker: module site_under_test has no 'nothing'"),
        (
            "site_under_test:failing",
            "worker: the application did not start: ConnectionError: the database is away",
        ),
    ],
)
def test_why_a_worker_cannot_start_is_one_clear_line(workers, target, line):
    workers.start(target=target)

    assert workers.client.fact(ChildExited).code == 1
    assert workers.tail() == [line.format(home=workers.home)]
    assert workers.client.do(Inspect()).children[0].state == {"STATUS": line.format(home=workers.home)[8:]}


def test_an_error_in_the_applications_code_shows_the_place_and_one_clear_line(workers):
    (workers.home / "broken.py").write_text("import os\n\nnumber = 1 / 0\n")
    workers.start(target="broken:app")

    assert workers.client.fact(ChildExited).code == 1
    lines = workers.tail()
    assert lines[-1] == "worker: importing broken failed: ZeroDivisionError: division by zero"
    assert '/broken.py", line 3, in <module>' in "\n".join(lines)
    assert len(lines) <= 7


def test_a_traceback_is_shown_when_debugging(workers):
    workers.start(target="site_under_test:failing", CHORUS_DEBUG="1")

    assert workers.client.fact(ChildExited).code == 1
    assert workers.tail()[0] == "Traceback (most recent call last):"
    assert workers.tail()[-1] == "worker: the application did not start: ConnectionError: the database is away"


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


def test_a_worker_without_any_socket_says_so(workers):
    workers.keeper.spawn(
        workers.client, "web:0:1", sys.executable, "-m", "chorus.cluster.worker", "site_under_test:app"
    )

    assert workers.client.fact(ChildExited).code == 1
    assert workers.tail()[-1].startswith("worker: no sockets: LISTEN_FDS passes none")


def test_a_private_socket_with_too_long_a_path_is_named(workers):
    workers.start(CHORUS_KEY="k" * 100)

    assert workers.client.fact(ChildExited).code == 1
    assert "the private socket's path is longer than 107 bytes" in workers.tail()[-1]

"""The road between the command line and the manager, over a real socket."""

import asyncio
import os
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from chorus.cluster.messages import LARGEST_MESSAGE, Done, Failed, Kill, Ping, Progress, Stop, decode_answer, encode
from chorus.cluster.rpc import server as rpc_server
from chorus.cluster.rpc.client import Client, ManagerGone, RpcError
from chorus.cluster.rpc.server import LOOK_EVERY, MOST_CLIENTS, RpcServer
from waiting import eventually


class Manager:
    """Answers what the test wants."""

    def __init__(self) -> None:
        self.requests = []
        self.go_on = asyncio.Event()
        self.finished = 0
        self.killed = False

    async def answer(self, request, send):
        self.requests.append(request)
        if isinstance(request, Stop):
            send(Progress("one", 1, 2))
            await self.go_on.wait()
            self.finished += 1
            return Done("stopped")
        return Done("pong")

    def on_killed(self):
        self.killed = True


@pytest.fixture
async def manager():
    return Manager()


@pytest.fixture
def path(home):
    return str(home / "rpc.sock")


@pytest.fixture
async def server(manager, path):
    server = RpcServer(path, manager.answer, on_killed=manager.on_killed)
    await server.start()
    yield server
    await server.close()


async def from_client(path, use):
    """Run the synchronous client beside the server."""

    def work():
        with Client(path, timeout=5.0) as client:
            return use(client)

    return await asyncio.to_thread(work)


async def raw(path, data):
    """Send bytes; the answers until the server hangs up."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(data)
    lines = (await reader.read()).splitlines()
    writer.close()
    return [decode_answer(line) for line in lines]


async def test_whoever_waits_when_the_manager_ends_is_told_that_and_not_that_another_command_came(server, path):
    asked = asyncio.create_task(from_client(path, lambda c: c.ask(Stop(["all"]))))
    await eventually(lambda: server._work)

    await server.close()

    answer = await asked
    assert (answer.code, answer.message.partition(":")[0]) == ("manager_ended", "Stop was cut short, the manager ends")


async def test_requests_are_answered_one_after_another_on_one_connection(server, path):
    assert await from_client(path, lambda c: [c.ask(Ping()), c.ask(Ping())]) == [Done("pong"), Done("pong")]


async def test_progress_comes_before_the_end(server, manager, path):
    manager.go_on.set()
    steps = []

    answer = await from_client(path, lambda c: c.ask(Stop(["all"]), steps.append))

    assert (steps, answer) == ([Progress("one", 1, 2)], Done("stopped"))


async def test_what_was_asked_for_goes_on_when_the_client_hangs_up(server, manager, path):
    _, writer = await asyncio.open_unix_connection(path)
    writer.write(encode(Stop(["all"])))
    await eventually(lambda: manager.requests)

    writer.close()
    manager.go_on.set()

    await eventually(lambda: manager.finished == 1)


async def test_the_socket_is_its_owners_alone(server, path):
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


async def test_another_user_is_refused(manager, path):
    server = RpcServer(path, manager.answer, on_killed=manager.on_killed, owners={os.getuid() + 1})
    await server.start()

    [answer] = await raw(path, encode(Ping()))

    assert answer.code == "permission"
    assert manager.requests == []
    await server.close()


@pytest.mark.parametrize("line", [b"hello\n", b'{"type": "Explode"}\n', b"\n"])
async def test_what_is_no_request_is_refused_and_the_connection_closed(server, path, line):
    [answer] = await raw(path, line)

    assert answer.code == "invalid"


async def test_a_request_without_an_end_costs_its_sender_the_connection(server, path):
    [answer] = await raw(path, b"x" * (LARGEST_MESSAGE + 2))

    assert answer.code == "too_large"


async def test_more_clients_than_there_is_room_for_are_told_so(server, path):
    held = [await asyncio.open_unix_connection(path) for _ in range(MOST_CLIENTS)]

    [answer] = await raw(path, b"")

    assert answer.code == "busy"
    for _, writer in held:
        writer.close()
    await eventually(lambda: _served(path))


async def _served(path):
    try:
        return await from_client(path, lambda c: c.ask(Ping())) == Done("pong")
    except RpcError:
        return False


async def test_a_fault_of_the_manager_is_told_and_does_not_end_it(home, path):
    async def broken(request, send):
        raise ZeroDivisionError

    server = RpcServer(path, broken, on_killed=lambda: None)
    await server.start()

    answers = await from_client(path, lambda c: [c.ask(Ping()), c.ask(Ping())])

    assert [answer.code for answer in answers] == ["internal", "internal"]
    await server.close()


async def test_the_answer_to_kill_is_out_before_the_end(server, manager, path):
    assert await from_client(path, lambda c: c.ask(Kill())) == Done("pong")
    await eventually(lambda: manager.killed)


async def test_a_socket_left_behind_by_a_killed_manager_is_replaced(manager, path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(path)
    left.close()

    server = RpcServer(path, manager.answer, on_killed=manager.on_killed)
    await server.start()

    assert await from_client(path, lambda c: c.ask(Ping())) == Done("pong")
    await server.close()
    assert not os.path.exists(path)


@pytest.mark.alone
@pytest.mark.parametrize("foreign", [False, True])
async def test_a_socket_file_that_is_removed_or_replaced_is_made_again(server, path, foreign):
    """A cleaner of temporary files must not make the cluster unreachable."""
    os.unlink(path)
    if foreign:
        with open(path, "w"):
            pass

    def reached():
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(path) == 0

    await eventually(reached, what="the socket to be there again", within=3 * LOOK_EVERY)
    assert await from_client(path, lambda client: client.ask(Ping())) == Done("pong")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


async def test_a_socket_that_cannot_be_made_is_tried_again(manager, path, monkeypatch, caplog):
    """As on a disk without room: a manager that ended for it would look after nothing."""
    monkeypatch.setattr(rpc_server, "LOOK_EVERY", 0.01)
    folder = os.path.join(os.path.dirname(path), "later")
    path = os.path.join(folder, "rpc.sock")
    server = RpcServer(path, manager.answer, on_killed=manager.on_killed)
    await server.start()
    await eventually(lambda: caplog.text.count(f"cannot listen at {path}: ") > 1, what="a second try")
    os.mkdir(folder)

    await eventually(lambda: os.path.exists(path), what="the socket")
    assert await from_client(path, lambda client: client.ask(Ping())) == Done("pong")
    await server.close()
    assert not os.path.exists(path)


async def test_a_socket_that_was_made_and_is_not_listened_on_is_made_again(manager, path, monkeypatch, caplog):
    """As where the system watches no further descriptor of this user."""
    monkeypatch.setattr(rpc_server, "LOOK_EVERY", 0.01)
    server = RpcServer(path, manager.answer, on_killed=manager.on_killed)
    with monkeypatch.context() as patch:
        patch.setattr(rpc_server.accepting, "serve", refuse)
        await server.start()

    await eventually(lambda: server._server is not None, what="a second try")
    assert await from_client(path, lambda client: client.ask(Ping())) == Done("pong")
    await server.close()
    assert "No space left on device" in caplog.text


async def refuse(*_, **__):
    raise OSError(28, "No space left on device")


async def test_the_socket_of_a_cluster_that_has_the_folder_now_is_let_be(manager, path, monkeypatch):
    """Whoever removed the folder of a cluster that runs, and started another one, means the other one."""
    monkeypatch.setattr(rpc_server, "LOOK_EVERY", 0.01)
    looks = []
    server = RpcServer(path, manager.answer, on_killed=manager.on_killed, at_home=lambda: looks.append(1) or False)
    await server.start()
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        before = os.stat(path).st_ino

        await eventually(lambda: len(looks) > 1, what="a second look at the file")
        assert os.stat(path).st_ino == before
    await server.close()


async def test_closing_leaves_a_socket_that_is_another_ones(manager, path):
    server = RpcServer(path, manager.answer, on_killed=manager.on_killed)
    await server.start()
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        await server.close()

    assert os.path.exists(path)


async def test_closing_tells_the_client_that_waits(server, manager, path):
    asking = asyncio.create_task(from_client(path, lambda c: c.ask(Stop(["all"]))))
    await eventually(lambda: manager.requests)

    await server.close()

    assert isinstance(await asking, Failed)


async def test_a_manager_that_goes_away_is_an_rpc_error(path):
    async def hang_up(reader, writer):
        await reader.readline()
        writer.close()

    server = await asyncio.start_unix_server(hang_up, path)

    with pytest.raises(RpcError, match="went away"):
        await from_client(path, lambda c: c.ask(Ping()))
    server.close()


def test_a_manager_that_is_killed_before_it_reads_the_request_is_gone_in_the_same_words(path):
    """The system calls that a reset connection; people are told what happened, and not the number of an error."""

    def ask():
        with Client(path, timeout=30.0) as client:
            return client.ask(Ping())

    with socket.socket(socket.AF_UNIX) as listening, ThreadPoolExecutor(1) as threads:
        listening.bind(path)
        listening.listen()
        asking = threads.submit(ask)
        connection, _ = listening.accept()
        connection.recv(1, socket.MSG_PEEK)
        connection.close()

        with pytest.raises(ManagerGone) as gone:
            asking.result()

    assert str(gone.value) == "the manager went away before the request ended"


async def test_an_answer_that_is_none_is_an_rpc_error(path):
    async def babble(reader, writer):
        writer.write(b"hello\n")
        await writer.drain()
        await reader.read()

    server = await asyncio.start_unix_server(babble, path)

    with pytest.raises(RpcError, match="not an answer"):
        await from_client(path, lambda c: c.ask(Ping()))
    server.close()


def test_nobody_listening_is_the_errors_of_connect(home):
    with pytest.raises(FileNotFoundError):
        Client(str(home / "rpc.sock"))


def test_the_client_needs_no_event_loop():
    """The command line starts fast: the client brings neither asyncio nor what comes with it."""
    program = "import sys, chorus.cluster.rpc.client; print(any(m == 'asyncio' for m in sys.modules))"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}

    printed = subprocess.check_output([sys.executable, "-c", program], text=True, env=environment)

    assert printed.strip() == "False"


async def test_a_kill_is_carried_through_when_whoever_gave_it_has_hung_up(path):
    asked, go_on, killed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def answer(_request, _send):
        asked.set()
        await go_on.wait()
        return Done("everything is stopped")

    server = RpcServer(path, answer, on_killed=killed.set)
    await server.start()
    _, writer = await asyncio.open_unix_connection(path)
    writer.write(encode(Kill()))
    await asked.wait()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0)  # the server sees the end of the connection first
    await asyncio.sleep(0)
    go_on.set()

    await asyncio.wait_for(killed.wait(), 5)
    await server.close()


async def test_a_client_hears_of_silence_again_and_again_and_still_gets_the_answer(server, manager, path):
    silent: list[float] = []

    def work():
        with Client(path, timeout=0.05, on_silence=silent.append) as client:
            return client.ask(Stop(["all"]))

    asked = asyncio.create_task(asyncio.to_thread(work))
    await eventually(lambda: len(silent) > 2)
    manager.go_on.set()

    assert await asked == Done("stopped")
    assert silent == sorted(silent)


async def test_whoever_hears_of_silence_may_have_enough_of_it(server, path):
    def enough(_: float) -> None:
        raise RpcError("that is enough")

    def work():
        with Client(path, timeout=0.05, on_silence=enough) as client:
            return client.ask(Stop(["all"]))

    with pytest.raises(RpcError, match="that is enough"):
        await asyncio.to_thread(work)

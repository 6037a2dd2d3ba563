"""Connections of HTTP that go on in another worker when theirs ends: real sockets, two workers in one process."""

import asyncio
import contextlib

import pytest
import uvicorn
from uvicorn.server import ServerState

from chorus.cluster.handover.messages import Bequeath, encode
from chorus.cluster.handover.nothing import Nothing
from chorus.cluster.worker.handover import HandOverSocket
from chorus.cluster.worker.http_protocol import HttpProtocol
from chorus.cluster.worker.patience import Patience
from waiting import eventually

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


class Worker:
    """Serves HTTP, answers with its name, and has a hand-over socket."""

    def __init__(self, folder, name):
        self.name = name
        self.state = ServerState()
        self.ends = asyncio.Event()
        self.ends.set()
        self.answering = 0
        self.config = uvicorn.Config(self.application, log_config=None, interface="asgi3", access_log=False)
        self.path = folder / f"{name}.hand"
        self.hand_over = HandOverSocket(str(self.path), Nothing(), self.state, http=self.protocol)
        self.hand_over.start()

    async def application(self, scope, receive, send):
        await receive()
        self.answering += 1
        await self.ends.wait()
        head = [(b"content-length", b"%d" % len(self.name))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": self.name.encode()})

    def protocol(self):
        protocol = HttpProtocol(self.config, self.state, {})
        protocol.hand_over = self.hand_over
        return protocol

    async def listen(self):
        self.server = await asyncio.get_running_loop().create_server(self.protocol, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def end(self, *heirs):
        """As a worker ends: what it has is told to go."""
        _, writer = await asyncio.open_unix_connection(self.path)
        writer.write(encode(Bequeath(list(heirs))))
        await writer.drain()
        writer.close()
        await self.hand_over.bequeath(Patience(asyncio.get_running_loop().time, step=5, most=5))
        for each in list(self.state.connections):
            each.shutdown()

    def close(self):
        self.hand_over.close()
        if hasattr(self, "server"):
            self.server.close()
        for each in list(self.state.connections):
            each.transport.abort()


class Client:
    """One connection that is kept."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def ask(self):
        """Who answers, and whether the connection stays."""
        self.writer.write(GET)
        return await self.answer()

    async def answer(self):
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return (await self.reader.readexactly(size)).decode(), b"connection: close" not in head.lower()


@pytest.fixture
async def world(home):
    """Two workers, and the way to connections of the first."""
    old, heir = Worker(home, "old"), Worker(home, "heir")
    port = await old.listen()
    clients = []

    async def client():
        clients.append(Client(*await asyncio.open_connection("127.0.0.1", port)))
        return clients[-1]

    yield old, heir, client
    for each in clients:
        each.writer.close()
        with contextlib.suppress(ConnectionError):
            await each.writer.wait_closed()
    for worker in (old, heir):
        worker.close()


async def test_a_kept_connection_without_a_request_is_answered_by_an_heir(world):
    """Whenever its client asks next: nothing of time is assumed, and nobody connects anew."""
    old, heir, connect = world
    client = await connect()
    assert await client.ask() == ("old", True)

    await old.end("heir")
    await eventually(lambda: not old.state.connections)

    assert [await client.ask(), await client.ask()] == [("heir", True)] * 2
    assert len(heir.state.connections) == 1


async def test_a_request_that_is_on_its_way_while_a_connection_moves_is_answered_by_the_heir(world):
    """It lies in the kernel, and travels with the socket."""
    old, _, connect = world
    client = await connect()
    await client.ask()

    await old.end("heir")
    protocol = next(iter(old.state.connections))
    await eventually(lambda: protocol.flow.read_paused)
    client.writer.write(GET)

    assert await client.answer() == ("heir", True)


async def test_a_connection_that_said_nothing_yet_moves_as_well(world):
    old, _, connect = world
    client = await connect()
    await eventually(lambda: old.state.connections)

    await old.end("heir")

    assert (await client.ask())[0] == "heir"


async def test_an_open_request_is_answered_before_its_connection_moves(world):
    old, _, connect = world
    client = await connect()
    old.ends.clear()
    client.writer.write(GET)
    await eventually(lambda: old.answering)

    await old.end("heir")
    old.ends.set()

    assert await client.answer() == ("old", True)
    await eventually(lambda: not old.state.connections)
    assert await client.ask() == ("heir", True)


async def test_half_a_head_stays_and_is_answered_where_it_began(world):
    """It was read already, so it cannot travel."""
    old, _, connect = world
    client = await connect()
    await client.ask()
    client.writer.write(GET[:20])
    await eventually(lambda: next(iter(old.state.connections))._worthless == 20)

    await old.end("heir")
    client.writer.write(GET[20:])

    assert await client.answer() == ("old", False)


@pytest.mark.parametrize("absent", [True, False])
async def test_a_connection_that_no_heir_takes_is_left_to_its_client(world, absent):
    """The heir is not there, or is ending as well; the next request is still answered, and told to connect anew."""
    old, heir, connect = world
    client = await connect()
    await client.ask()
    if absent:
        heir.path.unlink()
    else:
        await heir.end()

    await old.end("heir")

    assert await client.ask() == ("old", False)


async def test_heirs_take_turns(world, home):
    old, _, connect = world
    other = Worker(home, "other")
    clients = [await connect() for _ in range(6)]
    for client in clients:
        await client.ask()

    await old.end("heir", "other")

    assert sorted([(await client.ask())[0] for client in clients]) == ["heir"] * 3 + ["other"] * 3
    other.close()


async def test_who_may_have_taken_a_connection_shares_it_with_nobody(world, home):
    """An heir that is gone before it answers may have passed its socket on: this worker gives its own up."""
    old, _, connect = world
    client = await connect()
    await client.ask()

    async def vanish(_reader, writer):
        writer.close()

    server = await asyncio.start_unix_server(vanish, home / "silent.hand")
    await old.end("silent")

    await eventually(lambda: not old.state.connections)
    assert await client.reader.read() == b""
    server.close()

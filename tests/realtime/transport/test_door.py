"""What a connection asks for first, and who gets it."""

import asyncio
import contextlib
import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime import EngineOptions, Server
from chorus.realtime.transport.door import Door, is_upgrade
from parts.websocket import RawClient, serving

HEAD = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: here\r\nConnection: keep-alive, Upgrade\r\n"
    b"Upgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

POLL = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.mark.parametrize(
    "other",
    [
        b"",
        HEAD[:-2],
        HEAD + b"\x81\x00",
        HEAD.replace(b"GET", b"POST"),
        HEAD.replace(b"Upgrade: WebSocket", b"Upgrade: h2c"),
        HEAD.replace(b"keep-alive, Upgrade", b"keep-alive"),
        HEAD.replace(b"Host: here", b"Host: here\r\nContent-Length: 3"),
        HEAD.replace(b"Host: here", b"Host: here\r\nTransfer-Encoding: chunked"),
    ],
)
def test_a_whole_upgrade_request_and_nothing_else_is_known_as_one(other):
    assert is_upgrade(HEAD)
    assert not is_upgrade(other)


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange_to_decide(data):
    assert is_upgrade(data) in (True, False)


@pytest.fixture
def server():
    made = Server()
    made.namespace("/").on("echo")(lambda client, *args: client.emit("echo", *args))
    return made


class _Behind:
    """A server's application whose connections go through the door."""

    def __init__(self, server):
        self.server = server
        self.websocket_protocol = server.websocket_protocol
        self.http_protocol = server.http_protocol

    async def __call__(self, scope, receive, send):
        await self.server.asgi(scope, receive, send)


async def test_websockets_and_polls_are_served_behind_the_door(server):
    """In one piece or in many."""
    async with serving(_Behind(server)) as port:
        client = await RawClient.connect(port)
        client.send('42["echo",1]')
        assert await client.receive() == '42["echo",1]'
        client.close()

        async with httpx.AsyncClient() as browser:
            answer = await browser.get(f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling")
        assert answer.text.startswith("0{")


async def test_a_connection_that_says_nothing_is_known_to_the_server_and_closed_with_it(server):
    class State:
        def __init__(self):
            self.connections = set()

    class Transport:
        closed = False

        def close(self):
            self.closed = True

    state, transport = State(), Transport()
    door = Door(60.0, None, None, None, state, None)
    door.connection_made(transport)
    assert state.connections == {door}

    door.shutdown()
    assert transport.closed
    door.connection_lost(None)
    assert state.connections == set()


@contextlib.asynccontextmanager
async def behind(server):
    """A connection to the server, through the door; gives what reads and what writes."""
    async with serving(_Behind(server)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield reader, writer
        writer.close()


async def drip(writer, data):
    """Send it again and again, as whoever wants to hold a connection for nothing."""
    while True:
        writer.write(data)
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("first", "answer"),
    [(b"", b""), (HEAD[:40], b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")],
    ids=["nothing", "half a head"],
)
async def test_a_request_that_does_not_come_is_not_waited_for_longer_than_a_session_without_namespace(first, answer):
    """Row 2: slow handshakes, a byte now and then among them."""
    server = Server(options=EngineOptions(connect_timeout=0.4))
    async with behind(server) as (reader, writer), asyncio.timeout(10):
        writer.write(first)
        dripping = asyncio.create_task(drip(writer, first[:1]))
        assert await reader.read() == answer
        dripping.cancel()


@pytest.mark.parametrize("step", [1, 7, 70])
@pytest.mark.parametrize(
    ("head", "answer"), [(HEAD, b"HTTP/1.1 101"), (POLL, b"HTTP/1.1 200")], ids=["upgrade", "poll"]
)
async def test_a_head_that_comes_in_pieces_is_served(server, head, answer, step):
    """Row 2: slow is no crime. By whichever protocol it asks for."""
    async with behind(server) as (reader, writer), asyncio.timeout(10):
        for at in range(0, len(head), step):
            writer.write(head[at : at + step])
            await asyncio.sleep(0)
        assert (await reader.read(12)) == answer


@pytest.mark.parametrize("bytes_", [b"\x16\x03\x01\x02\x00", b"G" * 70_000], ids=["TLS", "a head without an end"])
async def test_what_is_no_head_is_answered_at_once(server, bytes_):
    """By uvicorn; and no more of it is kept than a head may have."""
    async with behind(server) as (reader, writer), asyncio.timeout(10):
        writer.write(bytes_)
        assert (await reader.read(12)) == b"HTTP/1.1 400"


@pytest.mark.parametrize("framing", ["Content-Length: 10", "Transfer-Encoding: chunked"])
async def test_a_body_that_does_not_come_is_waited_for_as_long_as_a_session_may_be_silent(framing):
    """Row 2: then 408, and the connection ends; nobody else's does."""
    server = Server(options=EngineOptions(ping_interval=0.3, ping_timeout=0.2))
    async with behind(server) as (reader, writer), asyncio.timeout(10):
        head = f"POST /socket.io/?EIO=4&transport=polling&sid=0.gone HTTP/1.1\r\nHost: here\r\n{framing}\r\n\r\n"
        writer.write(head.encode() + b"2\r\n40")
        answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 408")
    assert answer.lower().count(b"connection: close") == 1


async def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_comes(server):
    """Row 2: maxPayload; nobody waits for it, nor keeps what comes of it."""
    async with behind(server) as (reader, writer), asyncio.timeout(10):
        writer.write(POLL)
        opened = await reader.readuntil(b"}")
        sid = re.search(rb'"sid":"([^"]+)"', opened)[1].decode()
        head = f"POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: here\r\n"
        writer.write(f"{head}Content-Length: 1000001\r\n\r\n".encode())

        assert (await reader.read(12)) == b"HTTP/1.1 413"

"""What a connection asks for first, and who gets it."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime import Server
from chorus.realtime.transport.door import Door, is_upgrade
from parts.websocket import RawClient, serving

HEAD = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: here\r\nConnection: keep-alive, Upgrade\r\n"
    b"Upgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


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
    door = Door(None, None, None, state, None)
    door.connection_made(transport)
    assert state.connections == {door}

    door.shutdown()
    assert transport.closed
    door.connection_lost(None)
    assert state.connections == set()

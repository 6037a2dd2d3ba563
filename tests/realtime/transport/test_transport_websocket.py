"""Real WebSockets through uvicorn and picows, clients that keep the rules and clients that do not."""

import asyncio
import gc
import logging

import pytest

from chorus.realtime import Client, EngineOptions, OutboxLimits, Server
from chorus.realtime.server.connection import Connection
from chorus.realtime.transport.websocket_wire import WebSocketWire
from parts.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TARGET, TEXT, RawClient, serving
from waiting import eventually


@pytest.fixture
def server():
    server = Server(options=EngineOptions(max_payload=10_000, close_timeout=0.2))
    chat = server.namespace("/")
    chat.on("echo")(lambda client, *args: client.emit("echo", *args))
    return server


async def test_a_client_connects_and_is_answered(server):
    """The whole way."""
    async with serving(server) as port:
        client = await RawClient.connect(port)
        client.send('42["echo","é",1]')

        assert await client.receive() == '42["echo","é",1]'
        client.close()


async def test_a_client_behind_a_unix_socket_is_served_the_same(server, home):
    """As a proxy on the same machine may come."""
    async with serving(server, str(home / "s")) as path:
        client = await RawClient.connect(path)
        client.send('42["echo"]')

        assert await client.receive() == '42["echo"]'
        client.close()


@pytest.mark.parametrize(
    ("target", "headers", "status", "body"),
    [
        ("/elsewhere", "", 404, "Not Found"),
        (TARGET.replace("EIO=4", "EIO=3"), "", 400, "Unsupported protocol version"),
        (TARGET + "&sid=0.unknown", "", 400, "Session ID unknown"),
        (TARGET, "Origin: https://evil.example\r\n", 403, "Forbidden"),
        (TARGET, "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n", 400, "invalid key"),
        (TARGET, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 99\r\n", 400, "version"),
    ],
)
async def test_an_upgrade_that_cannot_be_is_answered_and_closed(server, target, headers, status, body):
    """As HTTP, and nothing stays behind."""
    async with serving(server) as port:
        answer = await RawClient.ask(port, target, headers)

        assert answer.status == status
        assert body in await answer.body()
    assert len(server) == 0


async def test_firefox_may_keep_its_connection_alive(server):
    """It sends two words in Connection."""
    async with serving(server) as port:
        answer = await RawClient.ask(port, headers="Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")

        assert answer.status == 101
        answer.client.close()


async def test_the_handlers_see_the_request(server):
    """Cookies and headers as the browser sent them, and who asks."""
    seen = []
    server.namespace("/").on_connect(lambda client, auth: seen.append(client.request))
    async with serving(server) as port:
        answer = await RawClient.ask(port, headers=f"Origin: http://127.0.0.1:{port}\r\nCookie: a=1; b=2\r\n")
        answer.client.send("40")
        await eventually(lambda: seen)
        host, own = answer.client.writer.get_extra_info("sockname")
        answer.client.close()

    assert seen[0].cookies == {"a": "1", "b": "2"}
    assert seen[0].headers["origin"] == f"http://127.0.0.1:{port}"
    assert seen[0].remote == f"{host}:{own}"


async def test_fragments_become_one_message_with_pings_between_them(server):
    """RFC 6455, section 5.4."""
    async with serving(server) as port:
        client = await RawClient.connect(port)
        client.send('42["ec', TEXT, fin=False)
        client.send("?", PING)
        client.send("", CONTINUATION, fin=False)
        client.send('ho"]', CONTINUATION)

        assert await client.frame() == (PONG, b"?")
        assert await client.receive() == '42["echo"]'
        client.close()


async def test_fragments_may_split_a_letter_and_carry_attachments(server):
    """Text is checked when it is whole; binary messages come in pieces as well."""
    async with serving(server) as port:
        client = await RawClient.connect(port)
        text = '451-["echo","é",{"_placeholder":true,"num":0}]'.encode()
        cut = text.index(b"\xc3") + 1
        client.send(text[:cut], TEXT, fin=False)
        client.send(text[cut:], CONTINUATION)
        client.send(b"\x01", BINARY, fin=False)
        client.send(b"\x02", CONTINUATION)

        assert await client.receive() == text.decode()
        assert await client.receive() == b"\x01\x02"
        client.close()


async def test_empty_binary_attachments_arrive(server):
    """An empty frame is a message too."""
    async with serving(server) as port:
        client = await RawClient.connect(port)
        client.send('451-["echo",{"_placeholder":true,"num":0}]')
        client.send(b"")

        assert await client.receive() == '451-["echo",{"_placeholder":true,"num":0}]'
        assert await client.receive() == b""
        client.close()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda client: client.send(b'42["\xff"]', TEXT), 1007),
        (lambda client: (client.send(b"4\xc3", TEXT, fin=False), client.send(b"", CONTINUATION)), 1007),
        (lambda client: client.send("x", CONTINUATION), 1002),
        (lambda client: (client.send("4", TEXT, fin=False), client.send("4", TEXT)), 1002),
        (lambda client: client.send("4", TEXT, masked=False), 1002),
        (lambda client: client.send("4", 0x3), 1002),
        (lambda client: client.send("x" * 126, PING), 1002),
        (lambda client: client.send("4" + "x" * 10_000), 1009),
        (
            lambda client: [client.send("4" * 1_000, TEXT if not n else CONTINUATION, fin=False) for n in range(11)],
            1009,
        ),
        (lambda client: client.send("9"), 1002),
        (lambda client: client.send("42{}"), 1002),
        (lambda client: client.send('4599999-["a"]'), 1009),
    ],
)
async def test_who_breaks_the_rules_is_closed_with_the_code_that_says_so_and_alone(server, wrong, code, caplog):
    """Nobody else notices, and the log does not fill."""
    caplog.set_level(logging.INFO)
    reasons = []
    server.namespace("/").on_disconnect(lambda client, reason: reasons.append(reason))
    async with serving(server) as port:
        good, bad = await RawClient.connect(port), await RawClient.connect(port)
        wrong(bad)

        assert (await bad.closed()).code == code
        await eventually(lambda: len(server) == 1 and reasons)
        assert reasons[0] in {"transport error", "parse error"}
        good.send('42["echo"]')
        assert await good.receive() == '42["echo"]'
        assert caplog.records == []
        good.close()
        bad.close()


async def test_a_goodbye_is_answered_with_the_same_code(server):
    """And the handler hears of a close, not of an error."""
    reasons = []
    server.namespace("/").on_disconnect(lambda client, reason: reasons.append(reason))
    async with serving(server) as port:
        client = await RawClient.connect(port)
        client.send((4001).to_bytes(2, "big") + b"bye", CLOSE)

        assert (await client.closed()).code == 4001
        await eventually(lambda: reasons == ["transport close"])


async def test_a_connection_that_just_ends_is_a_close(server):
    """A phone in a tunnel."""
    reasons = []
    server.namespace("/").on_disconnect(lambda client, reason: reasons.append(reason))
    async with serving(server) as port:
        (await RawClient.connect(port)).close()

        await eventually(lambda: reasons == ["transport close"])


async def test_when_the_server_goes_clients_are_told_to_come_elsewhere(server):
    """1012, also to one that does not answer: it is cut off after the close timeout."""
    reasons = []
    server.namespace("/").on_disconnect(lambda client, reason: reasons.append(reason))
    async with serving(server) as port:
        client = await RawClient.connect(port)

    assert (await client.closed()).code == 1012
    assert reasons == ["server shutting down"]
    client.close()


async def test_pings_come_by_themselves_and_silence_ends_the_session():
    """By the one timer of all sessions."""
    server = Server(options=EngineOptions(ping_interval=0.05, ping_timeout=1.0))
    reasons = []
    server.namespace("/").on_disconnect(lambda client, reason: reasons.append(reason))
    async with serving(server) as port:
        client = await RawClient.connect(port)
        for _ in range(3):
            assert await client.receive() == "2"
            client.send("3")

        await client.closed()
        await eventually(lambda: reasons == ["ping timeout"])


async def test_a_client_that_does_not_read_costs_a_bounded_number_of_bytes(server):
    """It is cut off while others get everything; broadcasting in one go without awaiting does not change that."""
    server = Server(options=EngineOptions(outbox=OutboxLimits(bound=1_000_000)))
    chat, reasons = server.namespace("/"), []
    chat.on_disconnect(lambda client, reason: reasons.append(reason))
    async with serving(server) as port:
        deaf = await RawClient.connect(port)
        deaf.writer.transport.pause_reading()
        most = 0
        (connection,) = server._sessions
        for _ in range(200):
            chat.emit("news", "x" * 100_000)
            if connection._wire is None:
                break
            most = max(most, connection._wire.waiting())

        assert most < 1_500_000
        await eventually(lambda: len(reasons) == 1)
        assert reasons[0].startswith("slow consumer: ")
        assert len(server) == 0
        deaf.writer.transport.abort()


async def test_a_flood_is_not_read_faster_than_it_is_handled(server):
    """The sender's own socket fills; what it sent is all handled, in order, in the end."""
    gate, handled = asyncio.Event(), []

    @server.namespace("/").on("work")
    async def work(client, number):
        await gate.wait()
        handled.append(number)

    async with serving(server) as port:
        client = await RawClient.connect(port)
        for number in range(20_000):
            client.send(f'42["work",{number}]')
        (connection,) = server._sessions
        await eventually(lambda: connection._pausing)
        inbox = next(iter(connection._clients.values()))._inbox
        assert len(inbox._items) < 2_000

        gate.set()
        await eventually(lambda: len(handled) == 20_000)
        assert handled == list(range(20_000))
        client.close()


def _sessions():
    """Whatever of a session is in this process."""
    gc.collect()
    return [thing for thing in gc.get_objects() if type(thing) in (Connection, Client, WebSocketWire)]


async def test_what_is_gone_leaves_nothing_behind(server):
    """Sessions, sockets and clients are freed; what other tests left in this process does not count."""
    before = _sessions()
    async with serving(server) as port:
        for _ in range(5):
            client = await RawClient.connect(port)
            client.send('42["echo"]')
            await client.receive()
            client.close()
        await eventually(lambda: len(server) == 0)
        client = None

        await eventually(lambda: [thing for thing in _sessions() if all(thing is not old for old in before)] == [])

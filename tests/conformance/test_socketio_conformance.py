"""Socket.IO, protocol version 5, case by case, against the conformance server's /socket.io/, on both transports.

https://socket.io/docs/v4/socket-io-protocol/
"""

import base64
import json

import pytest

from parts.polling import SEPARATOR, Poller
from parts.websocket import Closed, RawClient

pytestmark = pytest.mark.processes

WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


class ByPolling:
    """A session whose messages go by polling."""

    def __init__(self, poller):
        self._poller = poller
        self._heard = []

    async def send(self, *messages):
        await self._poller.post(*(self._packet(message) for message in messages))

    async def receive(self):
        """The next message that is no ping; pings are answered."""
        while not self._heard:
            answer = await self._poller.request()
            if answer.status_code != 200:
                raise Closed(None)
            for packet in answer.text.split(SEPARATOR):
                if packet == "2":
                    await self._poller.post("3")
                elif packet == "1":
                    raise Closed(None)
                else:
                    self._heard.append(base64.b64decode(packet[1:]) if packet[0] == "b" else packet)
        return self._heard.pop(0)

    async def is_closed(self, after):
        """Whether sending this ends the session."""
        answer = await self._poller.request("POST", self._packet(after))
        return answer.status_code == 400 and (await self._poller.request()).status_code == 400

    @staticmethod
    def _packet(message):
        return "b" + base64.b64encode(message).decode() if isinstance(message, bytes) else message


class ByWebSocket:
    """A session whose messages go by WebSocket."""

    def __init__(self, client):
        self._client = client

    async def send(self, *messages):
        for message in messages:
            self._client.send(message)

    async def receive(self):
        while (message := await self._client.receive()) == "2":
            self._client.send("3")
        return message

    async def is_closed(self, after):
        self._client.send(after)
        return (await self._client.closed()).code in (1002, 1009)


@pytest.fixture(params=["polling", "websocket", "upgraded"])
async def session(request, conformance_port):
    """A session on each transport, not yet connected to a namespace."""
    async with Poller(f"http://127.0.0.1:{conformance_port}") as poller:
        if request.param == "polling":
            yield ByPolling(await poller.open())
            return
        target = WEBSOCKET
        if request.param == "upgraded":
            await poller.open()
            target += f"&sid={poller.sid}"
        client = (await RawClient.ask(conformance_port, target)).client
        if request.param == "upgraded":
            client.send("2probe")
            assert await client.receive() == "3probe"
            client.send("5")
        else:
            await client.receive()
        yield ByWebSocket(client)
        client.close()


@pytest.fixture
async def connected(session):
    """The same, connected to "/"."""
    await session.send("40")
    await session.receive()
    await session.receive()
    return session


# Connecting


@pytest.mark.parametrize("namespace", ["", "/custom,"])
@pytest.mark.parametrize("payload", ["", '{"token":"123"}'])
async def test_a_client_connects_to_a_namespace(session, namespace, payload):
    """Row 1: an event emitted in the connect handler comes after CONNECT; the payload is what was sent, or {}."""
    await session.send(f"40{namespace}{payload}")

    answer, event = await session.receive(), await session.receive()
    assert answer.startswith(f"40{namespace}{{")
    assert list(json.loads(answer[answer.index("{") :])) == ["sid"]
    assert event == f'42{namespace}["auth",{payload or "{}"}]'


@pytest.mark.parametrize("packet", ["40/random", "40/random,", '40/random,{"a":1}', "40/random?a=1,"])
async def test_an_unknown_namespace_is_refused(session, packet):
    """Row 1: with the message that clients know."""
    await session.send(packet)

    name = packet[2:].partition(",")[0]
    assert await session.receive() == f'44{name},{{"message":"Invalid namespace"}}'


@pytest.mark.parametrize(
    "message",
    ["4abc", "4", "49", '42["message"]', "40[]", "40{", '42/custom,["message"]', "440", '43["a"]', "45-[]", "451-"],
)
async def test_an_invalid_packet_instead_of_connect_closes_the_session(session, message):
    """Row 1: an invalid handshake."""
    assert await session.is_closed(after=message)


async def test_a_session_that_connects_nowhere_is_closed(session):
    """Row 1: after connectTimeout, one second."""
    with pytest.raises(Closed):
        await session.receive()


# Disconnecting


async def test_a_client_leaves_a_namespace_and_stays_in_the_other(connected):
    """Row 1."""
    await connected.send("40/custom,")
    await connected.receive()
    await connected.receive()

    await connected.send("41/custom,", '42["message","to the main namespace"]')

    assert await connected.receive() == '42["message-back","to the main namespace"]'


async def test_a_client_that_left_its_only_namespace_is_closed(connected):
    """Row 1."""
    await connected.send("41")

    with pytest.raises(Closed):
        await connected.receive()


# Events


@pytest.mark.parametrize(
    "arguments", ['1,"2",{"3":[true]}', '"é€😀"', "[]", "null", '{"a":{"b":[1.5,-2]}}', '"' + "x" * 200_000 + '"']
)
async def test_an_event_comes_back(connected, arguments):
    """Row 1: plain text."""
    await connected.send(f'42["message",{arguments}]')

    assert await connected.receive() == f'42["message-back",{arguments}]'


async def test_an_event_with_attachments_comes_back(connected):
    """Row 1: binary, in its place."""
    placeholders = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
    await connected.send(f'452-["message",{placeholders}]', b"\1\2\3", b"\4\5\6")

    assert [await connected.receive() for _ in range(3)] == [
        f'452-["message-back",{placeholders}]',
        b"\1\2\3",
        b"\4\5\6",
    ]


@pytest.mark.parametrize("number", [0, 456, 9007199254740991])
async def test_an_event_is_acknowledged(connected, number):
    """Row 1: with the same arguments."""
    await connected.send(f'42{number}["message-with-ack",1,"2",{{"3":[false]}}]')

    assert await connected.receive() == f'43{number}[1,"2",{{"3":[false]}}]'


async def test_an_event_with_attachments_is_acknowledged(connected):
    """Row 1: binary, in its place."""
    placeholders = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
    await connected.send(f'452-789["message-with-ack",{placeholders}]', b"\1\2\3", b"\4\5\6")

    assert [await connected.receive() for _ in range(3)] == [f"462-789[{placeholders}]", b"\1\2\3", b"\4\5\6"]


@pytest.mark.parametrize(
    "message",
    [
        "4abc",
        "42{}",
        "42[]",
        "42[1]",
        '42"message"',
        '42["connect"]',
        '42["message"',
        '4511-["message"]',
        '443["a"]',
        "4/a",
    ],
)
async def test_an_invalid_packet_closes_the_session(connected, message):
    """Row 1; Row 2: an abused attachment count ends that session."""
    assert await connected.is_closed(after=message)


async def test_a_binary_message_without_a_packet_closes_the_session(connected):
    """Row 1: nothing announced it."""
    assert await connected.is_closed(after=b"\1")


async def test_an_event_nobody_handles_in_a_namespace_costs_nothing(connected):
    """Row 1: the session goes on."""
    await connected.send('42["unknown",1]', '42["message",2]')

    heard = [await connected.receive()]
    while heard[-1].startswith('42["error"'):
        heard.append(await connected.receive())
    assert heard[-1] == '42["message-back",2]'

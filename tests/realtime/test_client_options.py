"""Row 3: the official JavaScript client with the options it has, and python-socketio's client."""

import asyncio
import contextlib

import pytest
import socketio

from chorus.realtime import Compression, EngineOptions, Server
from parts.node import Scenario
from parts.websocket import serving

pytestmark = pytest.mark.processes


@contextlib.asynccontextmanager
async def running(**options):
    """A server with what the scenarios speak to; gives its address."""
    server = Server(options=EngineOptions(compression=Compression(threshold=100), **options), path="/own/path/")
    tries = []
    for chat in (server.namespace("/"), server.namespace("/other")):

        @chat.on_connect
        def connect(client, auth):
            client.state = auth

        @chat.on("echo")
        def echo(client, *arguments):
            client.emit("echo", *arguments)
            return arguments

        chat.on("auth")(lambda client: client.state)
        chat.on("seen")(lambda client: [client.request.query.get("token"), client.request.headers.get("x-own")])
        chat.on("sessions")(lambda client: len(server))
        chat.on("silent")(never)
        chat.on("ask me")(lambda client: client.call("question", 1, 2))

        @chat.on("second time")
        async def second_time(client, text):
            tries.append(text)
            if len(tries) == 1:
                await asyncio.sleep(1.5)  # the client says it again after 1 s and after 2 s
                raise asyncio.CancelledError
            client.emit("got", text, len(tries))

    async with serving(server) as port:
        yield server, f"http://127.0.0.1:{port}"


async def never(client):
    """Ten times as long as the client waits; it ends, because the next question is handled after it."""
    await asyncio.sleep(1.0)


async def told(scenario, url):
    """All that a scenario tells."""

    def run():
        with Scenario(scenario, url, SOCKET_PATH="/own/path/") as client:
            return client.finish()

    return await asyncio.to_thread(run)


async def test_the_official_client_gets_through_by_each_transport_it_can_be_told():
    """What carries it in the end, and that text and binary come back."""
    async with running() as (_, url):
        facts = {name: rest for name, *rest in await told("transports", url)}

    by = {name: transport for name, (transport, _, _) in facts.items()}
    assert by == {
        "polling": "polling",
        "websocket": "websocket",
        "upgraded": "websocket",
        "websocketFirst": "websocket",
        "neverUpgraded": "polling",
        "withWebTransport": "websocket",
        "tryAll": "websocket",
        "base64": "polling",
        "stamped": "polling",
        "query": by["query"],
        "compressed": "websocket",
    }
    assert all(same for _, same, _ in facts.values())
    assert facts["query"][2] == ["é&=", "1"]


async def test_the_official_client_is_answered_in_each_form_it_asks():
    """Callbacks, timeouts, promises, volatile, our questions; retries, with the next packet behind the one retried."""
    async with running(max_queued_events=1000) as (_, url):
        facts = await told("answers", url)

    assert facts[:-1] == [1, [None, 3], "operation has timed out", "volatile", "uncompressed", [3, "two values"]]
    assert facts[-1] == [["got", "a", 2], ["echo", "b"]]


async def test_the_official_client_shares_a_connection_between_namespaces():
    """Each with its auth; one may leave and come back while the other goes on."""
    async with running() as (_, url):
        facts = await told("multiplexing", url)

    assert facts == [
        {"auth": [{"asked": 1}, {"asked": 2}], "sessions": 2},
        {"goesOn": "on"},
        {"again": True, "auth": {"asked": 3}},
    ]


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], None], ids=["polling", "websocket", "upgraded"])
async def test_the_client_of_python_socketio_is_served(transports):
    """Events, answers both ways, binary, two namespaces, auth, and an end."""
    heard = []
    async with running() as (_, url):
        client = socketio.AsyncClient(reconnection=False)
        client.on("echo", lambda *arguments: heard.append(arguments))
        client.on("question", lambda a, b: a + b)
        await client.connect(
            url, transports=transports, namespaces=["/", "/other"], auth={"who": "ann"}, socketio_path="/own/path"
        )
        answer = await client.call("echo", ("é", b"\1\2", {"deep": [b"\3"]}))
        other = await client.call("auth", namespace="/other")
        asked = await client.call("ask me")
        await client.disconnect()

        assert answer == ("é", b"\1\2", {"deep": [b"\3"]})
        assert heard == [("é", b"\1\2", {"deep": [b"\3"]})]
        assert (other, asked) == ({"who": "ann"}, 3)

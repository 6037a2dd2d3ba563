"""The client for tests of handlers."""

import pytest

from chorus.realtime import ConnectRefused, Server
from chorus.realtime.testing import FakeClient
from waiting import eventually


@pytest.fixture
def server():
    server = Server()
    chat = server.namespace("/")

    @chat.on_connect
    async def connect(client, auth):
        if auth.get("name") == "eve":
            raise ConnectRefused("No", data={"header": client.request.headers.get("x-test")})
        client.state = auth.get("name")
        client.join("all")

    @chat.on("say")
    async def say(client, text):
        chat.to("all").except_(client.sid).emit("said", client.state, text)
        return {"ok": True}

    @chat.on("quiz")
    async def quiz(client):
        return await client.call("how many?", b"\1\2", timeout=1.0)

    @chat.on("bye")
    def bye(client):
        client.disconnect()

    return server


async def test_it_calls_handlers_and_hears_what_they_emit(server):
    """Row 4: dependency-free tests of handlers."""
    ann, bob = [await FakeClient.connect(server, auth={"name": name}) for name in ("ann", "bob")]

    assert await ann.call("say", "é") == {"ok": True}

    assert await bob.next() == ("said", "ann", "é")
    assert ann.received() == []
    assert {client.sid for client in server.namespace("/").clients()} == {ann.sid, bob.sid}


async def test_it_is_refused_as_other_clients_are(server):
    """Row 4: with the message and the data."""
    with pytest.raises(ConnectRefused, match="No") as refused:
        await FakeClient.connect(server, auth={"name": "eve"}, headers={"X-Test": "1"})

    assert refused.value.data == {"header": "1"}


async def test_it_answers_what_the_server_asks(server):
    """Row 4: binary as well."""
    client = await FakeClient.connect(server)
    client.reply("how many?", len)

    assert await client.call("quiz") == 2
    assert client.received() == [("how many?", b"\1\2")]


async def test_it_is_sent_away_and_leaves(server):
    """Row 4: and is in no room any more."""
    ann, bob = await FakeClient.connect(server), await FakeClient.connect(server)

    ann.emit("bye")
    bob.disconnect()

    await eventually(lambda: ann.gone == "io server disconnect")
    assert bob.gone == "io client disconnect"
    assert server.namespace("/").members("all") == frozenset()


async def test_other_namespaces_are_reached_too(server):
    """Row 4: and unknown ones are not."""
    server.namespace("/files").on("put")(lambda client, content: len(content))

    client = await FakeClient.connect(server, "/files")
    assert await client.call("put", b"abc") == 3

    with pytest.raises(ConnectRefused, match="Invalid namespace"):
        await FakeClient.connect(server, "/unknown")

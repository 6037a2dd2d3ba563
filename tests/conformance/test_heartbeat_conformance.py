"""The times of a session: told at its beginning, and kept. Engine.IO, protocol version 4, as its protocol suite asks.

https://socket.io/docs/v4/engine-io-protocol/
"""

import json
import time

import pytest

from parts.polling import Poller
from parts.websocket import RawClient

pytestmark = [pytest.mark.processes, pytest.mark.alone]  # a session ends after 200 ms without a pong

PATH = "/engine.io/"
OPENING = {"upgrades": ["websocket"], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000}


@pytest.fixture
async def poller(quick_port):
    async with Poller(f"http://127.0.0.1:{quick_port}", path=PATH) as poller:
        yield poller


@pytest.fixture
async def opened(quick_port):
    """A WebSocket, and what it was told when it opened."""
    client = (await RawClient.ask(quick_port, f"{PATH}?EIO=4&transport=websocket")).client
    opening = json.loads((await client.receive())[1:])
    yield client, opening
    client.close()


async def test_a_session_opens_by_polling(poller):
    """Row 1: the OPEN packet tells the sid, the upgrades and the times in milliseconds, also below a second."""
    await poller.open()

    assert {**poller.opening, "sid": None} == {**OPENING, "sid": None}
    assert isinstance(poller.sid, str)


async def test_a_session_opens_by_websocket(opened):
    """Row 1: the same, with nothing to upgrade to."""
    _, opening = opened

    assert {**opening, "sid": None} == {**OPENING, "sid": None, "upgrades": []}


async def test_pings_come_by_polling_and_are_answered(poller):
    """Row 1: pingInterval under one second."""
    await poller.open()

    for _ in range(3):
        assert await poller.poll() == "2"
        await poller.post("3")


async def test_an_unanswered_ping_closes_a_polling_session(poller):
    """Row 1: after pingInterval and pingTimeout; the poll under way is told CLOSE."""
    begun = time.monotonic()
    await poller.open()
    assert await poller.poll() == "2"

    last = await poller.request()

    assert 0.45 < time.monotonic() - begun < 1.5
    assert last.text == "1" or last.status_code == 400  # the latter when its request came too late
    assert (await poller.request()).status_code == 400


async def test_pings_come_by_websocket_and_are_answered(opened):
    """Row 1: every 300 ms."""
    client, _ = opened
    begun = time.monotonic()

    for _ in range(3):
        assert await client.receive() == "2"
        client.send("3")

    assert 0.85 < time.monotonic() - begun < 1.5


async def test_an_unanswered_ping_closes_a_websocket(opened):
    """Row 1: after pingInterval and pingTimeout."""
    client, _ = opened
    begun = time.monotonic()

    await client.closed()

    assert 0.45 < time.monotonic() - begun < 1.5

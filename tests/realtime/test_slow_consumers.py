"""Row 15: what a client costs that stops reading while its room is flooded, in a server process of its own."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from parts.ports import free_port
from parts.websocket import RawClient
from waiting import until

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
MEGABYTES = int(os.environ.get("CHORUS_TEST_MEGABYTES", "60"))


@pytest.fixture(params=["picows", "plain"])
def port(request):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, ROOT / "tests" / "parts" / "flooding.py", str(port), request.param],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )

    def listens():
        assert process.poll() is None, "the server ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(listens, within=30, what="the server to listen")
    yield port
    process.kill()
    process.wait()


async def in_room(port, room):
    client = (await RawClient.ask(port)).client
    client.send("40" + json.dumps({"room": room}))
    await client.receive()
    await client.receive()
    return client


async def flood(client, room, megabytes):
    """Have a room flooded, read all of it, and see what the server says of it."""
    client.send(f'420["flood","{room}",{megabytes}]')
    heard = 0
    while True:
        async with asyncio.timeout(60):
            _, payload = await client.frame()
        if payload.startswith(b"430"):
            return heard, json.loads(payload[3:])[0]
        heard += payload.startswith(b'42["data"')
        if payload == b"2":
            client.send("3")


async def test_a_client_that_stops_reading_is_cut_off_and_costs_no_memory(port):
    """Row 15: at most 8 MB more than the same flood without it, and a reason; the one that reads gets everything."""
    reader = await in_room(port, "flooded")
    await flood(reader, "flooded", 20)
    stopped = await in_room(port, "flooded")

    heard, cost = await flood(reader, "flooded", MEGABYTES)

    assert heard == MEGABYTES * 16
    assert cost["grew"] <= 8
    [reason] = cost["gone"]
    assert reason.startswith("slow consumer: ")
    for client in (reader, stopped):
        client.close()

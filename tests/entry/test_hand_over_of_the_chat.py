"""The chat as it runs: clients stay connected while its processes are replaced and moved below them."""

import asyncio
import itertools
import uuid

import httpx
import msgspec
import pytest

from chorus.cluster.messages import Rebalance, Reload, Scale, Start
from cluster.manager.running import RunningCluster
from parts.databases import fresh_sqlite
from parts.node import Scenario
from parts.people import account
from parts.ports import free_port
from parts.sockets import LiveClient
from waiting import eventually

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

CLIENTS = 12
PACE = 0.05
"""Seconds between two messages of a client: so much is said, however fast the chat could take more."""


@pytest.fixture
def cluster(home):
    with RunningCluster(home) as running:
        yield running


def chat(cluster, valkey):
    """The chat as `chorus start` has it, on the tests' own Valkey, with all the time a busy machine may need.

    One account says all there is to say, more often than a person may.
    """
    variables = {
        "REDIS_URL": valkey.url,
        "DATABASE_URL": fresh_sqlite(cluster.home),
        "JWT_SECRET": "s" * 32,
        "CHORUS_RATE_LIMIT": "0",
    }
    return cluster.spec(
        name="chat",
        app="chorus.entry.server:application",
        env=variables,
        port=free_port(),
        listen_timeout=200.0,
        kill_timeout=60.0,
    )


async def sign_up(address) -> str:
    """An access token."""
    async with httpx.AsyncClient(base_url=address, headers={"origin": address}, timeout=30) as browser:
        answer = await browser.post("/api/v1/accounts", json=account("ada"))
        assert answer.status_code == 201, answer.text
        return browser.cookies["chorus_access"]


async def talk(client, said, enough):
    for number in itertools.count():
        if enough.is_set():
            return
        message = {"channel": 1, "client_id": str(uuid.uuid4()), "text": f"{client.sid} {number}"}
        answer = await client.ask("message.send", message)
        said.append(answer["entry"]["seq"])
        await asyncio.sleep(PACE)


async def test_nobody_is_disconnected_by_reload_scale_and_rebalance(cluster, valkey):
    """Rows 18, 21, 22 and realtime 14: the official client and others; no message lost, doubled or out of order."""

    async def done(request):
        return await asyncio.to_thread(cluster.done, request)

    await done(Start(applications=[msgspec.structs.replace(chat(cluster, valkey), instances=1)]))
    address = f"http://127.0.0.1:{cluster.port('chat')}"
    token = await sign_up(address)
    clients = [await LiveClient.open(address, auth={"token": token}) for _ in range(CLIENTS)]
    for client in clients:
        await client.wait_for("caught_up")
    said: list[int] = []
    enough = asyncio.Event()
    talking = [asyncio.create_task(talk(client, said, enough)) for client in clients]
    with Scenario("talk", address, TOKEN=token, LONGEST="240000") as official:
        facts = iter(official)
        assert await asyncio.to_thread(next, facts) == {"talks": True}

        for request in (Scale("chat", "2"), Rebalance(["chat"]), Reload(targets=["chat:0"]), Scale("chat", "1")):
            assert (await done(request)).changed

        official.tell("enough")
        told = await asyncio.to_thread(next, facts)
    enough.set()
    await asyncio.gather(*talking)
    everything = max(*said, *told["acknowledged"])
    await eventually(lambda: all(max(client.seqs()) >= everything for client in clients), within=30)
    sids = [client.sid for client in clients]

    assert (told["disconnected"], told["sameId"]) == ([], True)
    assert told["seen"] == list(range(told["seen"][0], told["seen"][-1] + 1))
    assert set(told["acknowledged"]) <= set(told["seen"])
    assert [client.closed for client in clients] == [False] * CLIENTS
    assert all(client.seqs() == list(range(1, len(client.seqs()) + 1)) for client in clients)
    assert all(len(client.got("ready")) == 1 for client in clients)
    assert len(set(sids)) == CLIENTS
    for client in clients:
        client.close()

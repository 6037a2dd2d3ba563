"""The chat as it runs: clients stay connected while its processes are replaced and moved below them."""

import asyncio
import itertools
import uuid

import httpx
import pytest

from parts.cluster import Cluster
from parts.node import Scenario
from parts.people import account
from parts.sockets import LiveClient
from waiting import eventually

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

CLIENTS = 12


async def sign_up(cluster) -> str:
    """An access token."""
    async with httpx.AsyncClient(base_url=cluster.address, headers={"origin": cluster.address}) as browser:
        answer = await browser.post("/api/v1/accounts", json=account("ada"))
        assert answer.status_code == 201, answer.text
        return browser.cookies["chorus_access"]


async def chorus(cluster, *words) -> str:
    ended = await asyncio.to_thread(cluster.chorus, *words, within=120.0)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


async def talk(client, said):
    for number in itertools.count():
        message = {"channel": 1, "client_id": str(uuid.uuid4()), "text": f"{client.sid} {number}"}
        answer = await client.ask("message.send", message)
        said.append(answer["entry"]["seq"])
        await asyncio.sleep(0.05)


async def test_nobody_is_disconnected_by_reload_scale_and_rebalance(home):
    """Rows 18, 21, 22 and realtime 14: the official client and others; no message lost, doubled or out of order."""
    with Cluster(home) as cluster:
        token = await sign_up(cluster)
        clients = [await LiveClient.open(cluster.address, auth={"token": token}) for _ in range(CLIENTS)]
        for client in clients:
            await client.wait_for("caught_up")
        said: list[int] = []
        talking = [asyncio.create_task(talk(client, said)) for client in clients]
        with Scenario("talk", cluster.address, TOKEN=token, LONGEST="240000") as official:
            facts = iter(official)
            assert await asyncio.to_thread(next, facts) == {"talks": True}

            await chorus(cluster, "reload", "chat")
            await chorus(cluster, "scale", "chat", "3")
            moved = await chorus(cluster, "rebalance")
            await chorus(cluster, "scale", "chat", "2")

            official.tell("enough")
            told = await asyncio.to_thread(next, facts)
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
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
        assert "connections moved; 3 instances have" in moved
        for client in clients:
            client.close()

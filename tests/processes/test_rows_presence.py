"""Presence when a worker is killed for real."""

import asyncio
import os
import signal
import time

import httpx
import pytest

from parts.cluster import Cluster
from parts.people import account
from parts.sockets import LiveClient
from waiting import eventually

pytestmark = pytest.mark.processes


@pytest.mark.alone
async def test_row_12_who_was_connected_to_a_killed_worker_is_gone_within_five_seconds(home) -> None:
    """The library's Row 11, too."""
    with Cluster(home) as cluster:
        ada, bob = [await _sign_up(cluster, handle) for handle in ("ada", "bob")]
        watcher, other = await _on_two_workers(cluster, ada, bob)
        answer = await watcher.ask("presence.watch", {"accounts": [2]})
        if "2" not in answer["present"]:
            await watcher.wait_for("presence")

        pid = (await asyncio.to_thread(cluster.instances))[int(other.got("ready")[0]["instance"])]["pid"]
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        await eventually(
            lambda: {"account": 2, "state": "offline"} in watcher.got("presence"), within=30, what="bob to be gone"
        )
        took = time.monotonic() - killed

        assert took < 5.0, f"gone after {took:.1f} s"


async def _sign_up(cluster: Cluster, handle: str) -> str:
    async with httpx.AsyncClient(base_url=cluster.address) as client:
        answer = await client.post("/api/v1/accounts", json=account(handle))
        return answer.json()["access_token"]


async def _on_two_workers(cluster: Cluster, ada: str, bob: str) -> tuple[LiveClient, LiveClient]:
    """A connection of each, on another worker; Bob has that one alone."""
    watcher = await LiveClient.open(cluster.address, auth={"token": ada})
    await watcher.wait_for("ready")
    for _ in range(50):
        other = await LiveClient.open(cluster.address, auth={"token": bob})
        await other.wait_for("ready")
        if other.got("ready")[0]["instance"] != watcher.got("ready")[0]["instance"]:
            return watcher, other
        other.close()
    raise AssertionError("fifty connections of Bob came to Ada's worker")

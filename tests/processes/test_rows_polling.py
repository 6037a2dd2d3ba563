"""Clients that poll, each request on a connection of its own and so at any worker, while workers are replaced below.

Rows 18 and 21 for those without a WebSocket: nobody gets an error, and a reload waits for none of their polls.
"""

import asyncio
import json
import time

import httpx
import pytest

from chorus.cluster.messages import Reload, Start
from parts.polling import PLAIN, SEPARATOR
from waiting import eventually

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared"), pytest.mark.timeout(300)]

CLIENTS = 8


class PollingClient:
    """Polls for ever, and opens a new session when it is told that one is over; `wrong` has what else it met."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._browser = httpx.AsyncClient(timeout=60, verify=PLAIN, limits=httpx.Limits(max_keepalive_connections=0))
        self.sids: list[str] = []
        self.wrong: list[str] = []
        self.polls = 0

    async def run(self) -> None:
        while True:
            opening = await self._request("GET")
            sid = json.loads(opening[1:])["sid"]
            self.sids.append(sid)
            await self._request("POST", "40", sid=sid)
            while (packets := (await self._request("GET", sid=sid)).split(SEPARATOR))[-1] != "1":
                self.polls += 1
                if "2" in packets:
                    await self._request("POST", "3", sid=sid)

    @property
    def worker(self) -> str:
        """The number of the worker that has its session."""
        return self.sids[-1].partition("-")[0]

    async def _request(self, method: str, body: str | None = None, **query: str) -> str:
        asked = {"EIO": "4", "transport": "polling", **query}
        answer = await self._browser.request(method, self.url, params=asked, content=body)
        if answer.status_code != 200:
            self.wrong.append(f"{method}: {answer.status_code} {answer.text}")
            raise AssertionError(self.wrong)
        return answer.text


@pytest.mark.alone
@pytest.mark.parametrize("tick", ["0.25", "1000"], ids=["polls that are answered often", "polls that wait"])
async def test_a_reload_of_one_worker_ends_its_sessions_in_order_and_touches_no_others(cluster, valkey, tick):
    """Nobody is told that its session is unknown, nor gets an error; and the worker does not wait for polls."""
    variables = {"REDIS_URL": valkey.url, "SOCKETS_TICK": tick}
    spec = cluster.spec(name="sockets", app="sockets:application", instances=2, kill_timeout=20.0, env=variables)
    await asyncio.to_thread(cluster.done, Start(applications=[spec]))
    clients: list[PollingClient] = []
    running: list[asyncio.Task[None]] = []
    while len(clients) < CLIENTS or len({each.worker for each in clients}) < 2:  # whichever takes them
        client = PollingClient(f"http://127.0.0.1:{cluster.port('sockets')}/socket.io/")
        clients.append(client)
        running.append(asyncio.create_task(client.run()))
        await eventually(lambda client=client: client.polls, within=30, what="it to poll")
    at_first = [each.worker for each in clients]

    began = time.monotonic()
    await asyncio.to_thread(cluster.done, Reload(targets=["sockets:0"]))
    took = time.monotonic() - began
    moved = [each for each, number in zip(clients, at_first, strict=True) if number == "0"]
    await eventually(lambda: all(len(each.sids) == 2 for each in moved), what="them to come back")
    polls = [each.polls for each in clients]
    if tick != "1000":
        await eventually(lambda: all(c.polls > n + 2 for c, n in zip(clients, polls, strict=True)), within=30)

    assert [each.wrong for each in clients] == [[] for _ in clients]
    assert [task.exception() for task in running if task.done()] == []
    assert [len(each.sids) for each in clients] == [2 if number == "0" else 1 for number in at_first]
    assert took < 15  # of the 16 s that a drain may take, and for which polls would have held it up
    for task in running:
        task.cancel()

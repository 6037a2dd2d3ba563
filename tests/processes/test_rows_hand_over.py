"""Rows 16, 18 and 21 to 23 of the table of behaviours: live connections over reload, scale and rebalance.

The long forms (1,000 WebSockets, 20 reloads; 2,000 connections) are `make endurance`.
"""

import asyncio
import collections
import contextlib
import http.client
import itertools
import os

import pytest

from chorus.cluster.messages import Rebalance, Reload, Scale, Start
from chorus.realtime import RedisBackplane, RedisSettings, Server
from cluster.manager.running import Askers, ask
from parts.counting import CountingClient, Crowd
from parts.shell import Shell, alive
from waiting import eventually, until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared"), pytest.mark.timeout(1200)]

SOCKETS = int(os.environ.get("CHORUS_TEST_SOCKETS", "60"))
RELOADS = int(os.environ.get("CHORUS_TEST_RELOADS", "2"))
LONG_LIVED = int(os.environ.get("CHORUS_TEST_LONG_LIVED", "200"))
PAUSE = max(0.25, SOCKETS / 500)
"""Seconds between two words of one client: at most 500 words a second in all."""

TICK = {"SOCKETS_TICK": str(max(0.1, SOCKETS / 4000))}
"""At most 4,000 ticks a second in all."""


def sockets(cluster, **changes):
    """The application whose clients count."""
    return cluster.spec(name="sockets", app="sockets:application", kill_timeout=30.0, listen_timeout=60.0, **changes)


async def started(cluster, **changes) -> int:
    """Its port."""
    await done(cluster, Start(applications=[sockets(cluster, **changes)]))
    return cluster.port("sockets")


async def done(cluster, request):
    return await asyncio.to_thread(cluster.done, request)


def counts(cluster):
    return sorted(each.connections for each in cluster.instances("sockets"))


@contextlib.asynccontextmanager
async def announcer(url):
    """Another instance, which says 1, 2, 3 … to everybody in a room without a log."""

    async def announce():
        for number in itertools.count(1):
            server.namespace("/").to("everybody").emit("news", number)
            await asyncio.sleep(0.05)

    server = Server(instance="announcer", backplane=RedisBackplane(RedisSettings(url=url)))
    await server.start()
    announcing = asyncio.create_task(announce())
    try:
        yield
    finally:
        announcing.cancel()
        await server.close()


async def test_live_websockets_outlive_reloads(cluster, valkey):
    """Row 18: 0 closed, 0 messages lost or out of order: said by them, to them, and in their rooms by others."""
    port = await started(cluster, env={"REDIS_URL": valkey.url, **TICK})

    async with Crowd(port, SOCKETS, PAUSE) as crowd, announcer(valkey.url):
        sids = [client.sid for client in crowd.clients]
        before = set(await crowd.pids())
        for _ in range(RELOADS):
            await done(cluster, Reload(targets=["sockets"]))
            assert crowd.troubles == []
        after = await crowd.pids()
        ticks = [client.ticks for client in crowd.clients]
        await eventually(lambda: all(c.ticks > t for c, t in zip(crowd.clients, ticks, strict=True)), within=30)
        await crowd.settle()

        assert crowd.troubles == []
        assert all(client.news is not None for client in crowd.clients)
        assert before.isdisjoint(after)
        assert set(after) <= {each.pid for each in cluster.instances("sockets")}
        assert [sid for sid, _ in await crowd.who()] == sids


async def test_a_release_that_writes_otherwise_lets_them_come_back(cluster):
    """Row 18, its limit: sessions of another format are not taken; they end with 1012, which says: connect again."""
    port = await started(cluster, instances=1)
    client = await CountingClient.open(port)

    changed = sockets(cluster, instances=1, env={"SOCKETS_FORMAT": "clients 2"})
    await done(cluster, Reload(targets=["sockets"], applications=[changed]))

    await eventually(lambda: client.troubles == ["closed with 1012", "disconnected"])
    log = (cluster.home / "combined_file").read_text()
    assert "1 connections were not handed over" in log
    assert "it writes states otherwise" in log


async def test_scaling_down_hands_them_to_those_that_stay(cluster):
    """Row 21: live WebSockets are handed to the instances that stay, evenly; no request fails meanwhile."""
    port = await started(cluster, instances=4, env=TICK)

    async with Crowd(port, SOCKETS, PAUSE) as crowd:
        with Askers(port) as askers:
            await done(cluster, Scale("sockets", "2"))
        await crowd.settle()
        per_pid = collections.Counter(await crowd.pids())

        assert (crowd.troubles, askers.failures) == ([], [])
        assert set(per_pid) == {each.pid for each in cluster.instances("sockets")}
        assert max(per_pid.values()) <= SOCKETS * 0.6


async def test_new_connections_even_the_load_and_rebalance_moves_the_old_ones(cluster):
    """Row 22: after `scale 4` from 2; counts then differ by at most one in a hundred, or by one."""
    port = await started(cluster, env=TICK)

    async with Crowd(port, SOCKETS, PAUSE) as crowd:
        await done(cluster, Scale("sockets", "4"))
        more = [await CountingClient.open(port) for _ in range(SOCKETS // 5)]
        newcomers = collections.Counter([(await client.who())[1] for client in more])
        told = await done(cluster, Rebalance(["sockets"]))
        again = await done(cluster, Rebalance(["sockets"]))
        await crowd.settle()

        fullest, emptiest = max(counts(cluster)), min(counts(cluster))
        assert crowd.troubles == []
        assert [client.troubles for client in more if client.troubles] == []
        assert fullest - emptiest <= max(1, fullest // 100)
        old = {each.pid for each in cluster.instances("sockets") if each.number < 2}
        assert sum(count for pid, count in newcomers.items() if pid not in old) >= 0.7 * len(more)
        assert told.changed
        assert not again.changed
        for client in more:
            client.leave()


def test_rebalancing_what_cannot_be_moved_is_an_error(shell: Shell):
    """Row 22: an application that hands nothing over is named."""
    shell.ok("start", "echo:application")

    failed = shell.chorus("rebalance", "echo")

    assert failed.returncode == 1
    assert "echo: has no connections that could be handed over" in failed.stderr


async def test_long_lived_connections_are_spread_evenly(cluster):
    """Row 23: on 4 workers the fullest holds at most 1.02 times the mean, or one more."""
    port = await started(cluster, instances=4, env={"SOCKETS_TICK": "10"})

    async with Crowd(port, LONG_LIVED, 10.0):
        await eventually(lambda: sum(counts(cluster)) == LONG_LIVED, within=30)
        found = counts(cluster)

    assert max(found) <= max(1.02 * LONG_LIVED / 4, LONG_LIVED / 4 + 1)


def test_reloads_under_keep_alive_load_fail_nothing(cluster):
    """Row 16: connections that are kept and used again, through reloads: 0 failed."""
    cluster.done(Start(applications=[cluster.spec()]))

    with Askers(cluster.port(), count=4, kept=True) as askers:
        for _ in range(RELOADS):
            cluster.done(Reload(targets=["echo"]))
            askers.after_this()

    assert askers.failures == []


def test_a_connection_that_rests_through_a_reload_is_answered_by_the_new_process(cluster):
    """Row 16: whenever its client asks next, on the same connection."""
    cluster.done(Start(applications=[cluster.spec()]))
    connection = http.client.HTTPConnection("127.0.0.1", cluster.port(), timeout=30)
    before = ask(connection, "GET", "/", None)["pid"]
    held = connection.sock

    cluster.done(Reload(targets=["echo"]))
    until(lambda: not alive(before), what="the old process to end")
    after = ask(connection, "POST", "/", b"x" * 10_000)["pid"]

    assert after in {each.pid for each in cluster.instances("echo")}
    assert connection.sock is held
    connection.close()

"""Row 12: Redis Cluster and Sentinel by URL, on real Valkeys of which one is killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import redis

from chorus.realtime import BackplaneUnavailable, Commands, RedisBackplane, RedisLog, RedisSettings, Script
from chorus.realtime.backplane.slots import name_within, slot_of
from chorus.realtime.log.contract import Entry
from parts.ports import free_port
from parts.valkey import Valkey
from parts.valkey_cluster import ValkeyCluster, Watched, resharding
from waiting import PATIENCE, eventually

pytestmark = pytest.mark.processes

THIRDS = (((0, 5460),), ((5461, 10922),), ((10923, 16383),))
ROOMS = [name_within("chorus/0/room", third).removeprefix("chorus/0/") for third in THIRDS]
"""One at each master."""


@pytest.fixture(scope="module")
def _cluster() -> Iterator[ValkeyCluster]:
    with ValkeyCluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(_cluster) -> ValkeyCluster:
    for node in _cluster.nodes:
        node.start()
    _cluster.wait_until_whole()
    return _cluster


@pytest.fixture
async def start() -> AsyncIterator[Callable[[str], RedisBackplane]]:
    """Starts backplanes and closes them again."""
    started: list[RedisBackplane] = []

    async def start(url: str, **more: object) -> RedisBackplane:
        backplane = RedisBackplane(RedisSettings(url=url, **more))
        started.append(backplane)
        await backplane.start()
        return backplane

    yield start
    for backplane in started:
        await backplane.close()


class Line:
    """What one backplane says in a room, and what another hears of it."""

    def __init__(self, here: RedisBackplane, there: RedisBackplane, room: str) -> None:
        self.room = room
        self._here = here
        self.heard: list[bytes] = []
        there.subscribe(room, self.heard.append)

    async def works(self, *, within: float = PATIENCE) -> None:
        before = len(self.heard)

        def said_and_heard() -> bool:
            self._here.publish(self.room, b"hello")
            return len(self.heard) > before

        await eventually(said_and_heard, within=within, what=f"a message in {self.room}")


def channels_of(node: Valkey) -> set[bytes]:
    """What is listened to there, heartbeats left out."""
    with redis.Redis(unix_socket_path=str(node.path)) as client:
        client.response_callbacks.clear()
        heard = client.execute_command("PUBSUB", "SHARDCHANNELS")
    return {channel for channel in heard if b"room" in channel}


def test_a_name_lies_in_the_slot_that_the_servers_say(valkey):
    """Row 12: CRC-16 of what stands between the first braces."""
    assert slot_of("123456789") == 12739
    assert slot_of("{user1000}.following") == slot_of("user1000")
    assert slot_of("foo{{bar}}zap") == slot_of("{bar")
    assert slot_of("foo{}{bar}") != slot_of("bar")


async def test_rooms_of_all_masters_cross_each_at_its_own(cluster, start):
    """Row 12: sharded pub/sub: a master carries the channels of its slots and no others."""
    here, there = await start(cluster.url), await start(cluster.url)
    for room in ROOMS:
        await Line(here, there, room).works()

    heard = [channels_of(node) for node in cluster.masters]
    assert [len(channels) for channels in heard] == [1, 1, 1]
    for channels, third in zip(heard, THIRDS, strict=True):
        ((first, last),) = third
        assert all(first <= slot_of(channel.decode()) <= last for channel in channels)


async def test_one_node_of_the_url_is_enough_to_find_the_others(cluster, start):
    """Row 12: the nodes that are named are where the asking begins."""
    nobody = f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{cluster.masters[1].port}"

    await Line(await start(nobody), await start(cluster.url), "room").works()


@pytest.mark.alone
async def test_a_master_killed_leaves_the_rooms_of_the_others_alone_and_comes_back(cluster, start):
    """Row 12: three nodes, one killed."""
    here, there = await start(cluster.url), await start(cluster.url)
    lines = [Line(here, there, room) for room in ROOMS]
    for line in lines:
        await line.works()
    ups: list[int] = []
    there.on_up(lambda: ups.append(1))

    cluster.masters[1].kill()
    await eventually(lambda: not there.healthy)
    for line in (lines[0], lines[2]):
        await line.works(within=1.0)
    assert ups == []

    await asyncio.to_thread(cluster.masters[1].start)
    await lines[1].works()
    await eventually(lambda: here.healthy and there.healthy)
    assert ups


async def test_a_replica_takes_over_and_its_channels_move_there(start):
    """Row 12: a failover of the cluster itself; nothing is configured anew."""
    with ValkeyCluster(replica=True) as cluster:
        here, there = await start(cluster.url), await start(cluster.url)
        line = Line(here, there, ROOMS[0])
        await line.works()

        cluster.masters[0].kill()

        await line.works()
        await eventually(lambda: here.healthy and there.healthy)
        assert len(channels_of(cluster.nodes[3])) == 1


async def test_durable_rooms_lie_all_over_a_cluster(cluster):
    """Row 12: each room's stream, ids and announcements in one slot."""
    log = RedisLog(RedisSettings(url=cluster.url), prefix="cluster-log")
    for number in range(20):
        assert await log.append(f"room {number}", b"1", id="a") == 1

    assert await log.positions([f"room {number}" for number in range(20)]) == {f"room {n}": 1 for n in range(20)}
    assert await log.read("room 7", 0, 10) == [Entry(1, b"1")]
    await log.close()


async def test_commands_follow_a_slot_that_moves_while_it_moves_and_afterwards(cluster):
    """Row 12: resharding: ASK for the one command, MOVED for good, by servers that do it for real."""
    old, new = cluster.masters[:2]
    key = name_within("key", THIRDS[0])
    commands = Commands(RedisSettings(url=cluster.url, max_retries=0))
    await commands.run("SET", key, "1", key=key)

    with resharding(cluster, slot_of(key), old, new) as move:
        move.begin()
        move.carry(key)
        assert await commands.run("INCR", key, key=key) == 2
        move.end()
        before = times_moved(old)
        assert await commands.run("INCR", key, key=key) == 3
        assert await commands.script(Script("return redis.call('GET', KEYS[1])"), keys=[key]) == b"3"
        assert times_moved(old) == before + 1, "told once, and known from then on"
    await commands.close()


async def test_a_command_that_the_masters_send_to_and_fro_is_tried_again_until_they_agree(cluster):
    """Row 12: resharding: for a moment the old owner and the new one each name the other."""
    old, new = cluster.masters[:2]
    key = name_within("between", THIRDS[0])
    commands = Commands(RedisSettings(url=cluster.url, max_retries=1000))

    with resharding(cluster, slot_of(key), old, new) as move:
        move.tell_the_old()
        before = times_moved(new)
        asking = asyncio.ensure_future(commands.run("INCR", key, key=key))
        await eventually(lambda: times_moved(new) > before + 5, what="more than one attempt")
        assert not asking.done()
        await asyncio.to_thread(move.end)
        assert await asking == 1
    await commands.close()


async def test_a_room_whose_slot_moves_is_heard_at_its_new_owner(cluster, start):
    """Row 12: resharding: the old owner says that it carries the channel no more."""
    here, there = await start(cluster.url), await start(cluster.url)
    line = Line(here, there, ROOMS[0])
    await line.works()
    [channel] = channels_of(cluster.masters[0])

    with resharding(cluster, slot_of(channel.decode()), *cluster.masters[:2]) as move:
        move.begin()
        move.end()
        await line.works()
        assert channel in channels_of(cluster.masters[1])
        assert channel not in channels_of(cluster.masters[0])


def times_moved(node: Valkey) -> int:
    """How often it sent somebody to another one for good."""
    with redis.Redis(unix_socket_path=str(node.path)) as client:
        return client.info("errorstats").get("errorstat_MOVED", {"count": 0})["count"]


async def test_commands_find_the_owners_of_a_cluster_whose_master_was_killed(cluster):
    """Row 12: those of other masters go on at once, its own when it is back."""
    commands = Commands(RedisSettings(url=cluster.url, max_retries=100))
    keys = [name_within("key", third) for third in THIRDS]
    for key in keys:
        await commands.run("SET", key, "1", key=key)

    cluster.masters[1].kill()
    assert await commands.run("GET", keys[0], key=keys[0]) == b"1"
    asking = asyncio.ensure_future(commands.run("SET", keys[1], "2", key=keys[1]))
    await asyncio.to_thread(cluster.masters[1].start)

    assert await asking == b"OK"
    await commands.close()


async def test_a_master_that_hangs_holds_up_no_commands_to_the_others(cluster):
    """Row 12: also while those to it ask where it went, and begin with it."""
    patient = RedisSettings(url=cluster.url, max_retries=200, command_timeout=0.5, connect_timeout=60)
    commands = Commands(patient)
    keys = [name_within("key", third) for third in THIRDS]
    for key in keys:
        await commands.run("SET", key, "1", key=key)

    os.kill(cluster.masters[0].pid, signal.SIGSTOP)
    try:
        asking = asyncio.ensure_future(commands.run("SET", keys[0], "2", key=keys[0]))
        await eventually(commands._finding.locked)
        async with asyncio.timeout(30):
            assert await commands.run("GET", keys[1], key=keys[1]) == b"1"
    finally:
        os.kill(cluster.masters[0].pid, signal.SIGCONT)

    assert await asking == b"OK"
    await commands.close()


async def test_a_cluster_that_nobody_set_up_is_named(start):
    """Row 12: with what to look at."""
    with Valkey("--cluster-enabled", "yes", "--cluster-port", str(free_port())) as node:
        url = f"redis+cluster://{node.host}:{node.port}"

        with pytest.raises(BackplaneUnavailable, match="the cluster is not set up"):
            await start(url, max_retries=0)


async def test_a_server_that_is_no_cluster_is_named(start, valkey):
    """Row 12."""
    with pytest.raises(BackplaneUnavailable, match=r"no part of a cluster.*REDIS_URL") as caught:
        await start(f"redis+cluster://{valkey.host}:{valkey.port}", max_retries=1)

    assert "Name or service not known" not in str(caught.value)  # nobody else is asked at the second attempt
    assert str(caught.value).count("answers:") == 1


async def test_a_server_that_is_no_sentinel_is_named(start, valkey):
    """Row 12."""
    with pytest.raises(BackplaneUnavailable, match=r"it is no sentinel.*REDIS_URL"):
        await start(f"redis+sentinel://{valkey.host}:{valkey.port}/mymaster", max_retries=0)


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    with Watched() as watched:
        yield watched


async def test_a_master_that_no_sentinel_knows_is_named(start, watched):
    """Row 12."""
    with pytest.raises(BackplaneUnavailable, match=r"knows no master 'other'.*REDIS_URL"):
        await start(watched.url.replace("mymaster", "other"), max_retries=0)


async def test_the_master_that_a_sentinel_names_is_spoken_to_also_after_it_was_killed(start, watched):
    """Row 12: three nodes: master, replica and sentinel."""
    here, there = await start(watched.url), await start(watched.url)
    line = Line(here, there, "room")
    await line.works()
    log = RedisLog(RedisSettings(url=watched.url))
    await log.append("room", b"1", id="a")

    watched.kill_the_master()

    await line.works()
    await eventually(lambda: here.healthy and there.healthy)
    assert await log.append("room", b"2", id="b") in (1, 2)  # 1: the replica had not got the first
    await log.close()

"""Row 11: what every directory does, run on each: who is where, from leases, without asking the others."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import suppress

import pytest
import redis

from chorus.realtime import BackplaneUnavailable, MemoryBackplane, RedisBackplane, RedisSettings, Server
from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.backplane.directory import LEASE, Note
from chorus.realtime.backplane.memory import Bus
from parts.valkey import Valkey
from parts.wire import FakeSession
from waiting import PATIENCE, eventually

pytestmark = pytest.mark.processes


class House:
    """An instance: its backplane, and the people it knows with their rooms."""

    def __init__(self, backplane: Backplane) -> None:
        self.backplane = backplane
        self.people: dict[str, set[str]] = {}
        self._note: Note = backplane.directory.declare("0", "people", self)

    def everything(self) -> Iterable[str]:
        return list(self.people)

    def labels(self, key: str) -> Collection[str] | None:
        return self.people.get(key)

    def put(self, person: str, *rooms: str) -> None:
        before = self.people.get(person, set())
        self.people[person] = set(rooms)
        for room in before ^ set(rooms):
            self._note(person, room)

    def remove(self, person: str) -> None:
        for room in self.people.pop(person):
            self._note(person, room)

    async def found(self, *names: str) -> dict[str, frozenset[str]]:
        listed = await self.backplane.directory.find("people", names)
        assert len({each.key for each in listed}) == len(listed), "twice"
        return {each.key: each.labels for each in listed}

    async def finds(self, expected: dict[str, set[str]], *names: str, within: float = PATIENCE) -> None:
        async def is_so() -> bool:
            return await self.found(*names) == expected

        await eventually(is_so, within=within, what=str(expected))

    async def die(self) -> None:
        """As after kill -9: nothing is said to anybody any more."""
        if isinstance(self.backplane, RedisBackplane):
            self.backplane.directory._task.cancel()
        else:
            self.backplane._bus.members.remove(self.backplane)


class MemorySite:
    """What may happen to what joins the houses: here it is memory, which loses nothing of what stands with them."""

    def __init__(self) -> None:
        self._bus = Bus()

    def backplane(self) -> Backplane:
        return MemoryBackplane(self._bus)

    async def restart(self, *, empty: bool) -> None:
        self._bus.go_down()
        self._bus.come_up()

    def lose(self, house: House) -> None:
        pass


class RedisSite:
    """The same for one Valkey, or several."""

    def __init__(self, url: str, *nodes: Valkey) -> None:
        self._url = url
        self._nodes = nodes

    def backplane(self) -> Backplane:
        return RedisBackplane(RedisSettings(url=self._url))

    async def restart(self, *, empty: bool) -> None:
        """`empty`: without what it had. Otherwise it is away until all leases have ended."""
        for node in self._nodes:
            if empty:
                node.lose()
            else:
                node.kill()
        if not empty:
            end = time.monotonic() + LEASE + 0.1
            await eventually(lambda: time.monotonic() >= end, what="all leases to end")
        for node in self._nodes:
            await asyncio.to_thread(node.start)

    def lose(self, house: House) -> None:
        """What this house told, and nothing else: it lies in a slot of its own."""
        for node in self._nodes:
            with redis.Redis(unix_socket_path=str(node.path)) as client:
                for key in client.scan_iter(f"*{house.backplane.directory._identity}*"):
                    client.delete(key)


@pytest.fixture(params=["memory", "valkey", "valkey cluster"])
def site(request) -> MemorySite | RedisSite:
    if request.param == "memory":
        return MemorySite()
    if request.param == "valkey":
        server = request.getfixturevalue("valkey")
        return RedisSite(server.url, server)
    cluster = request.getfixturevalue("cluster")
    return RedisSite(cluster.url, *cluster.masters)


@pytest.fixture
async def houses(site) -> AsyncIterator[list[House]]:
    houses = [House(site.backplane()) for _ in range(3)]
    for house in houses:
        await house.backplane.start()
    yield houses
    for house in houses:
        await house.backplane.close()


async def test_people_are_found_by_room_and_by_name_on_other_instances(houses):
    here, there, third = houses
    there.put("ann", "red", "blue")
    third.put("bob", "red")
    here.put("me", "red")

    await here.finds({"ann": {"red", "blue"}, "bob": {"red"}}, "red")
    assert await here.found("blue") == {"ann": {"red", "blue"}}
    assert await here.found("bob", "blue") == {"ann": {"red", "blue"}, "bob": {"red"}}
    assert await here.found("nobody") == {}


async def test_changes_are_seen_a_moment_later(houses):
    here, there, _ = houses
    there.put("ann", "red")
    await here.finds({"ann": {"red"}}, "red")

    there.put("ann", "blue")
    await here.finds({"ann": {"blue"}}, "blue")
    assert await here.found("red") == {}

    there.remove("ann")
    await here.finds({}, "blue", "ann")


@pytest.mark.alone
async def test_an_instance_that_died_is_gone_with_its_people_within_five_seconds(houses):
    """Row 11."""
    here, there, third = houses
    there.put("ann", "red")
    third.put("bob", "red")
    await here.finds({"ann": {"red"}, "bob": {"red"}}, "red")

    await there.die()

    await here.finds({"bob": {"red"}}, "red", within=5.0)
    await here.finds({}, "ann")


async def test_one_that_closes_is_gone_at_once(houses):
    here, there, _ = houses
    there.put("ann", "red")
    await here.finds({"ann": {"red"}}, "red")

    await there.backplane.close()

    assert await here.found("red") == {}


async def test_a_topic_that_is_given_up_is_empty(houses):
    here, there, _ = houses
    there.put("ann", "red")
    await here.finds({"ann": {"red"}}, "red")

    there.backplane.directory.undeclare("people")

    await here.finds({}, "red")


class Asking:
    """A house that asks again and again, and what it was told."""

    def __init__(self, house: House, *names: str) -> None:
        self.told: list[dict[str, frozenset[str]]] = []
        self._house = house
        self._names = names
        self._task = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        while True:
            with suppress(BackplaneUnavailable):  # it says that it does not know: that is no wrong answer
                self.told.append(await self._house.found(*self._names))
            await asyncio.sleep(0.01)

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@pytest.mark.parametrize("empty", [True, False], ids=["lost everything", "was away for longer than leases run"])
async def test_no_answer_lacks_one_that_lives_when_the_server_is_back(site, houses, empty):
    """Row 11: an answer is whole, or there is none."""
    for number, house in enumerate(houses):
        house.put(f"person {number}", "red")
    everybody = {f"person {number}": {"red"} for number in range(3)}
    others = [{name: rooms for name, rooms in everybody.items() if name != f"person {n}"} for n in range(3)]
    for house, rest in zip(houses, others, strict=True):
        await house.finds(rest, "red")
    asking = [Asking(house, "red") for house in houses]

    await site.restart(empty=empty)
    back, before = time.monotonic(), max(len(each.told) for each in asking)
    await eventually(lambda: all(len(each.told) >= before + 10 for each in asking), what="answers")
    await eventually(lambda: time.monotonic() - back >= 1.5, what="a renewal by each")
    for each in asking:
        await each.end()

    for each, rest in zip(asking, others, strict=True):
        assert [told for told in each.told if told != rest] == []


async def test_no_answer_lacks_one_whose_slot_was_lost(site, houses):
    """Row 11: in a cluster, what an instance tells lies with one master, and its lease with another."""
    here, there, _ = houses
    there.put("ann", "red")
    await here.finds({"ann": {"red"}}, "red")

    for _ in range(3):
        site.lose(there)
        assert await here.found("red") == {"ann": {"red"}}


async def test_names_may_hold_anything(houses):
    here, there, _ = houses
    there.put("é \0{}", "", "a\0b", "a", "[(")

    for name in ("", "a\0b", "a", "[(", "é \0{}"):
        await here.finds({"é \0{}": {"", "a\0b", "a", "[("}}, name)
    there.put("ann", "a")
    await here.finds({"é \0{}": {"", "a\0b", "a", "[("}, "ann": {"a"}}, "a")
    assert set(await here.found("a\0b")) == {"é \0{}"}


async def test_thousands_are_listed(houses):
    here, there, _ = houses
    for number in range(2500):
        there.put(f"person {number}", "red", f"room {number % 7}")

    async def all_there() -> bool:
        return len(await here.found("red")) == 2500

    async def all_of_one_room() -> bool:
        return set(await here.found("room 3")) == {f"person {number}" for number in range(3, 2500, 7)}

    await eventually(all_there)
    await eventually(all_of_one_room)  # a lease may have ended meanwhile, on a busy machine


async def test_thousands_that_are_told_anew_are_found_all_or_none(pair, valkey):
    """Never a part: they travel in several."""
    here, there = pair
    for number in range(2500):
        there.put(f"person {number}", "red")
    found: list[int] = []

    async def all_there() -> bool:
        found.append(len(await here.found("red")))
        return found[-1] == 2500

    await eventually(all_there)
    valkey.flush()
    await eventually(all_there)

    assert set(found) <= {0, 2500}


@pytest.fixture
async def pair(valkey) -> AsyncIterator[tuple[House, House]]:
    """Two on one server."""
    houses = House(RedisBackplane(RedisSettings(url=valkey.url))), House(RedisBackplane(RedisSettings(url=valkey.url)))
    for house in houses:
        await house.backplane.start()
    yield houses
    for house in houses:
        await house.backplane.close()


async def test_one_that_lives_is_found_for_longer_than_a_lease(pair):
    here, there = pair
    there.put("ann", "red")
    await here.finds({"ann": {"red"}}, "red")

    end = time.monotonic() + LEASE + 0.5

    async def found_until_the_end():
        assert await here.found("red") == {"ann": {"red"}}
        return time.monotonic() >= end

    await eventually(found_until_the_end, within=30 + LEASE, what="a lease to have ended")


async def test_when_the_server_forgot_everything_it_is_told_again(pair, valkey):
    """Row 11: also what changed while it was away."""
    here, there = pair
    there.put("ann", "red")
    await here.finds({"ann": {"red"}}, "red")

    valkey.kill()
    there.put("bob", "red")
    with pytest.raises(BackplaneUnavailable):
        await here.found("red")
    await asyncio.to_thread(valkey.start)
    valkey.flush()

    await here.finds({"ann": {"red"}, "bob": {"red"}}, "red")


async def test_what_a_failover_lost_is_told_again(pair, valkey):
    """Row 11: a replica that did not get the last writes takes over, and nobody changes anything more."""
    here, there = pair
    there.put("ann", "red")
    await here.finds({"ann": {"red"}}, "red")
    with redis.Redis(unix_socket_path=str(valkey.path)) as client:
        before = {key: client.dump(key) for key in client.scan_iter()}
        there.put("bob", "red")
        there.remove("ann")
        await here.finds({"bob": {"red"}}, "red")

        for key, value in before.items():
            client.restore(key, round(LEASE * 1000), value, replace=True)

    assert await here.found("red") == {"ann": {"red"}}
    await here.finds({"bob": {"red"}}, "red")
    assert await here.found("ann") == {}


async def test_one_question_is_one_script_and_one_more_for_each_other_instance(pair, monkeypatch):
    here, there = pair
    there.put("ann", "red")
    await here.finds({"ann": {"red"}}, "red")
    here.backplane.directory._task.cancel()  # what it says of itself, it says without being asked
    asked, script = [], here.backplane._commands.script

    async def counted(*args, **kwargs):
        asked.append(args)
        return await script(*args, **kwargs)

    monkeypatch.setattr(here.backplane._commands, "script", counted)
    await here.found("red")

    assert len(asked) == 2


async def test_fetch_sockets_lacks_nobody_when_redis_lost_everything_and_is_back(valkey):
    """Row 11: through the server's own door."""
    servers = [
        Server(instance=str(number), backplane=RedisBackplane(RedisSettings(url=valkey.url))) for number in range(3)
    ]
    sids = set()
    for server in servers:
        server.namespace("/")
        await server.start()
        session = FakeSession(server)
        session.say("40")
        await eventually(server.namespace("/").clients)
        sids |= {client.sid for client in server.namespace("/").clients()}

    async def fetched(server: Server) -> set[str]:
        return {each.sid for each in await server.namespace("/").everybody.fetch_sockets()}

    async def all_there() -> bool:
        return [await fetched(server) for server in servers] == [sids] * 3

    await eventually(all_there)
    for _ in range(2):
        valkey.lose()
        await asyncio.to_thread(valkey.start)
        assert await asyncio.gather(*map(fetched, servers)) == [sids] * 3
    for server in servers:
        await server.close()

"""Row 11: what every directory does, run on each: who is where, from leases, without asking the others."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterable

import pytest

from chorus.realtime import BackplaneUnavailable, MemoryBackplane, RedisBackplane, RedisSettings
from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.backplane.directory import LEASE, Note
from chorus.realtime.backplane.memory import Bus
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


@pytest.fixture(params=["memory", "valkey", "valkey cluster"])
async def houses(request) -> AsyncIterator[list[House]]:
    bus = Bus()

    def backplane() -> Backplane:
        if request.param == "memory":
            return MemoryBackplane(bus)
        server = request.getfixturevalue(request.param.rpartition(" ")[2])
        return RedisBackplane(RedisSettings(url=server.url))

    houses = [House(backplane()) for _ in range(3)]
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

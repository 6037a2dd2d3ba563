"""Row 11: who lives, as leases in Redis say it; who is awaited after Redis lost them, and for how long."""

import asyncio
import time

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chorus.realtime.backplane import redis_leases
from chorus.realtime.backplane.commands import Commands
from chorus.realtime.backplane.names import Names
from chorus.realtime.backplane.redis_leases import RedisLeases
from chorus.realtime.backplane.settings import RedisSettings
from waiting import eventually

pytestmark = pytest.mark.processes


@pytest.fixture
def endless(monkeypatch):
    """No lease ends by itself."""
    monkeypatch.setattr(redis_leases, "LEASE", 600.0)


@pytest.fixture
def take(commands):
    """Makes leases of instances."""
    return lambda *names: [RedisLeases(commands, Names("chorus", 0), name) for name in names]


async def found(leases: RedisLeases) -> set[str] | None:
    """Whose leases run, or None."""
    running = await leases.look()
    return None if running is None else set(running)


@pytest.mark.usefixtures("endless")
async def test_one_that_gives_its_lease_back_or_dies_keeps_nobody_waiting(take):
    here, there, third = take("here", "there", "third")
    for each in (here, there, third):
        await each.renew()
    await here.renew()

    await there.give_back()

    assert await found(here) == {"here", "third"}
    await here.renew()
    assert await found(here) == {"here", "third"}


@pytest.mark.usefixtures("endless")
async def test_whoever_came_back_waits_for_those_that_it_knew(take, control):
    here, there, third = take("here", "there", "third")
    for each in (here, there, third):
        await each.renew()
    await here.look()  # it has not renewed since the others came, but it saw them

    control.flushall()
    assert await found(here) is None
    await here.renew()
    assert await found(here) is None
    await there.renew()
    assert await found(here) is None
    await third.renew()

    assert await found(here) == {"here", "there", "third"}


@pytest.mark.usefixtures("endless")
async def test_one_that_just_begins_waits_with_those_that_were_there(take, control):
    here, there, fresh = take("here", "there", "fresh")
    for each in (here, there, here):
        await each.renew()

    control.flushall()
    await fresh.renew()
    await here.renew()

    assert await found(fresh) is None
    await there.renew()
    assert await found(fresh) == {"fresh", "here", "there"}


@pytest.mark.usefixtures("endless")
async def test_whoever_ends_in_peace_before_it_came_back_is_awaited_no_more(take, control):
    here, there = take("here", "there")
    for each in (there, here):
        await each.renew()
    control.flushall()
    await here.renew()
    assert await found(here) is None

    await there.give_back()

    assert await found(here) == {"here"}


async def test_whoever_does_not_come_back_is_awaited_for_one_lease_and_not_longer(take, control, monkeypatch):
    """From the time at which the first one came back, whoever comes later."""
    monkeypatch.setattr(redis_leases, "LEASE", 2.0)
    here, dead, late = take("here", "dead", "late")
    for each in (dead, late, here, late):
        await each.renew()
    control.flushall()
    begun = time.monotonic()
    await here.renew()
    assert await found(here) is None

    async def answers():
        await here.renew()
        return await found(here)

    assert await eventually(answers) == {"here"}
    assert time.monotonic() - begun >= 1.9
    await late.renew()  # which knows the dead one, too
    assert await found(here) == {"here", "late"}


@pytest.mark.usefixtures("endless")
async def test_one_that_was_away_alone_comes_back_without_keeping_others_waiting(take, control):
    """Its lease ended, and theirs did not: nothing was lost."""
    here, there, gone = take("here", "there", "gone")
    for each in (there, gone, here):
        await each.renew()

    control.zrem("{chorus/0/directory}/leases", "here", "gone")
    await here.renew()

    assert await found(here) == {"here", "there"} == await found(there)


async def test_nothing_of_it_stays_in_redis_for_longer_than_a_lease(take, control, monkeypatch):
    monkeypatch.setattr(redis_leases, "LEASE", 1.5)
    here, there = take("here", "there")
    for each in (here, there, here):
        await each.renew()
    control.flushall()
    await here.renew()
    assert len(control.keys()) == 3

    await eventually(lambda: control.keys() == [])


class Model:
    """What must be found, told without epochs: somebody else counts the losses."""

    def __init__(self) -> None:
        self.back: set[str] = set()
        """Who has renewed since all leases were lost."""
        self.awaited: set[str] = set()
        self.saw: dict[str, set[str]] = {}
        """Whom each knows that has a lease, or had one."""

    def renew(self, name: str) -> None:
        if name in self.saw and name not in self.back:
            self.awaited |= self.saw[name] - self.back
        self.back.add(name)
        self.awaited.discard(name)
        self.saw[name] = self.back | self.awaited

    def look(self, name: str) -> set[str] | None:
        if name in self.saw:
            if name not in self.back:
                return None
            self.saw[name] |= self.back
        return None if self.awaited else self.back

    def give_back(self, name: str) -> None:
        self.back.discard(name)
        self.awaited.discard(name)
        self.saw.pop(name, None)


_STEPS = st.one_of(
    st.tuples(st.sampled_from(["renew", "look", "give back"]), st.sampled_from("abc")),
    st.tuples(st.sampled_from(["lose everything", "lose the leases"]), st.just("")),
)


@pytest.mark.usefixtures("endless")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEPS, max_size=25))
def test_whatever_happens_an_answer_lacks_nobody_who_lives_and_was_seen(valkey, steps):
    """Row 11: and there is one as soon as all who were seen are back."""

    async def play() -> None:
        commands = Commands(RedisSettings(url=valkey.url))
        instances = {name: RedisLeases(commands, Names("chorus", 0), name) for name in "abc"}
        model = Model()
        for step, name in steps:
            if step == "renew":
                await instances[name].renew()
                model.renew(name)
            elif step == "look":
                assert await found(instances[name]) == model.look(name)
            elif step == "give back":
                await instances[name].give_back()
                model.give_back(name)
            elif step == "lose everything":
                await commands.run("FLUSHALL")
                model.back, model.awaited = set(), set()
            else:  # as when the server was away for as long as they run
                await commands.run("DEL", "{chorus/0/directory}/leases", "{chorus/0/directory}/epoch")
                model.back = set()
        await commands.close()

    with redis.Redis(unix_socket_path=str(valkey.path)) as client:
        client.flushall()
    asyncio.run(play())

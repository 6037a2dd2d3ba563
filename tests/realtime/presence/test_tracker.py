"""Trackers of several instances, on a backplane in memory and a clock that stands; and on a real Valkey."""

import asyncio

import pytest

from chorus.realtime.backplane.memory import Bus, MemoryBackplane
from chorus.realtime.backplane.redis import RedisBackplane
from chorus.realtime.backplane.settings import RedisSettings
from chorus.realtime.presence.tracker import Presence
from chorus.realtime.presence.wire import Said, decode
from parts.clock import Clock
from waiting import eventually


class Site:
    """Instances whose trackers look when they are told to."""

    def __init__(self):
        self.bus = Bus()
        self.clock = Clock(100.0)
        self.told = {}
        self.trackers = {}

    async def open(self, name):
        backplane = MemoryBackplane(self.bus)
        await backplane.start()
        self.told[name] = {}
        tracker = Presence(backplane, on_change=self.told[name].update, clock=self.clock)
        tracker.start()
        self.trackers[name] = tracker
        await self.pass_time(0)
        return tracker

    async def pass_time(self, seconds, *, without=()):
        """Half a second at a time, everybody looks."""
        for _ in range(max(1, round(seconds / 0.5))):
            self.clock.now += 0.5 if seconds else 0
            for name, tracker in self.trackers.items():
                if name not in without:
                    tracker.look()
            for _ in range(4):
                await asyncio.sleep(0)


@pytest.fixture
async def site(monkeypatch):
    monkeypatch.setattr("chorus.realtime.presence.tracker.PAUSE", 3600.0)  # no tracker looks by itself
    site = Site()
    yield site
    for tracker in site.trackers.values():
        await tracker.close()


async def test_who_comes_on_one_instance_is_there_on_all(site):
    one, other = await site.open("one"), await site.open("other")

    one.put("ada", 2)
    await site.pass_time(1)

    assert site.told == {"one": {"ada": 2}, "other": {"ada": 2}}
    assert (one.state("ada"), other.state("ada")) == (2, 2)


async def test_an_instance_that_starts_later_hears_of_those_who_are_there(site):
    one = await site.open("one")
    one.put("ada", 1)
    await site.pass_time(1)

    later = await site.open("later")
    await site.pass_time(1)

    assert later.state("ada") == 1


async def test_nobody_is_told_of_what_is_as_it_was(site):
    one, _ = await site.open("one"), await site.open("other")
    one.put("ada", 2)
    await site.pass_time(1)
    site.told["other"].clear()

    await site.pass_time(20)

    assert site.told["other"] == {}


async def test_who_was_on_a_killed_instance_is_gone_within_five_seconds_and_not_before_its_lease(site):
    """Row 11, and the chat's row 12."""
    one, other = await site.open("one"), await site.open("other")
    one.put("ada", 2)
    await site.pass_time(1)

    await site.pass_time(3, without={"one"})
    assert other.state("ada") == 2
    await site.pass_time(2, without={"one"})
    assert other.state("ada") == 0


async def test_row_12_who_was_on_an_instance_that_ended_is_gone_before_a_lease_is_over(site):
    one, other = await site.open("one"), await site.open("other")
    one.put("ada", 2)
    await site.pass_time(1)

    await one.close()
    await site.pass_time(2, without={"one"})
    assert other.state("ada") == 2
    await site.pass_time(1, without={"one"})
    assert other.state("ada") == 0


async def test_who_is_connected_to_another_instance_as_well_stays(site):
    one, other = await site.open("one"), await site.open("other")
    one.put("ada", 2)
    other.put("ada", 1)
    await site.pass_time(1)

    await site.pass_time(12, without={"one"})

    assert other.state("ada") == 1


async def test_a_page_that_is_loaded_again_was_never_gone(site):
    one, other = await site.open("one"), await site.open("other")
    one.put("ada", 2)
    await site.pass_time(1)
    site.told["other"].clear()

    one.put("ada", 0)
    await site.pass_time(1)
    other.put("ada", 2)
    await site.pass_time(5)

    assert site.told["other"] == {}


async def test_what_was_said_while_the_backplane_was_away_is_asked_for(site):
    one, other = await site.open("one"), await site.open("other")
    site.bus.go_down()
    one.put("ada", 2)
    await site.pass_time(1)
    assert other.state("ada") == 0

    site.bus.come_up()
    await site.pass_time(3)

    assert other.state("ada") == 2


async def test_whoever_misses_a_word_asks_for_all_of_it(site):
    """Row 11: words may be lost."""
    one, other = await site.open("one"), await site.open("other")
    await site.pass_time(1)
    other._backplane.unsubscribe("presence", other._heard)
    one.put("ada", 2)
    await site.pass_time(1)
    other._backplane.subscribe("presence", other._heard)
    assert other.state("ada") == 0

    one.put("bob", 1)
    await site.pass_time(2)

    assert (other.state("ada"), other.state("bob")) == (2, 1)


async def test_row_12_a_word_that_was_missed_is_said_again_by_whoever_said_it_and_by_nobody_else(site):
    one, other, third = await site.open("one"), await site.open("other"), await site.open("third")
    third.put("eve", 1)
    await site.pass_time(1)
    other._backplane.unsubscribe("presence", other._heard)
    one.put("ada", 2)
    await site.pass_time(1)
    other._backplane.subscribe("presence", other._heard)
    said = []
    one._backplane.subscribe("presence", said.append)

    one.put("bob", 1)
    await site.pass_time(2)

    assert {word.source for word in map(decode, said) if isinstance(word, Said) and word.whole} == {one._source}


async def test_nobody_is_taken_for_dead_while_the_backplane_is_away_but_a_lease_after_its_return(site):
    one, other = await site.open("one"), await site.open("other")
    one.put("ada", 2)
    other.put("bob", 1)
    await site.pass_time(1)

    site.bus.go_down()
    await site.pass_time(15, without={"one"})
    assert other.state("ada") == 2
    site.bus.come_up()
    await site.pass_time(3, without={"one"})
    assert other.state("ada") == 2
    await site.pass_time(2, without={"one"})
    assert other.state("ada") == 0


async def test_what_one_change_costs_does_not_depend_on_how_many_are_there(site):
    one, _ = await site.open("one"), await site.open("other")
    for number in range(10_000):
        one.put(f"person {number}", 2)
    await site.pass_time(1)
    said = []
    one._backplane.subscribe("presence", said.append)

    one.put("person 7", 0)
    await site.pass_time(1)

    assert sum(map(len, said)) < 200


async def test_to_set_the_state_that_is_set_costs_no_word(site):
    one = await site.open("one")
    one.put("ada", 2)
    await site.pass_time(1)
    said = []
    one._backplane.subscribe("presence", said.append)

    one.put("ada", 2)
    await site.pass_time(5)

    assert {(word.version, *word.states) for word in map(decode, said)} == {(1,)}


async def test_row_12_changes_are_gathered_into_one_word_and_silence_costs_one_a_beat(site):
    one = await site.open("one")
    await site.pass_time(1)
    said = []
    one._backplane.subscribe("presence", said.append)

    for number in range(100):
        one.put(f"person {number}", 2)
    await site.pass_time(0.5)
    assert len(said) == 1
    await site.pass_time(10)
    assert len(said) == 1 + 10


async def test_a_stall_of_our_own_makes_nobody_disappear(site):
    one, other = await site.open("one"), await site.open("other")
    one.put("ada", 2)
    await site.pass_time(1)

    site.clock.now += 30
    other.look()

    assert other.state("ada") == 2


async def test_whoever_fails_at_what_it_is_told_is_told_the_next_change(monkeypatch):
    monkeypatch.setattr("chorus.realtime.presence.tracker.PAUSE", 0.01)
    backplane, told = MemoryBackplane(Bus()), []

    def fail(changes):
        told.append(changes)
        raise ZeroDivisionError

    await backplane.start()
    tracker = Presence(backplane, on_change=fail)
    tracker.start()

    for key in ("ada", "bob"):
        tracker.put(key, 2)
        await eventually(lambda key=key: {key: 2} in told, what=f"{key} to be told")

    await tracker.close()


async def test_on_valkey_it_is_merged_and_a_killed_instance_is_forgotten(valkey):
    backplanes = [RedisBackplane(RedisSettings(url=valkey.url)) for _ in range(2)]
    for backplane in backplanes:
        await backplane.start()
    one, other = (
        Presence(backplane, on_change=lambda _: None, beat=0.5, lease=2.0, linger=0.1) for backplane in backplanes
    )
    one.start()
    other.start()

    one.put("ada", 2)
    await eventually(lambda: other.state("ada") == 2, within=20, what="ada to be seen on the other instance")
    one._task.cancel()
    await eventually(lambda: other.state("ada") == 0, within=20, what="ada to be gone")

    await one.close()
    await other.close()
    for backplane in backplanes:
        await backplane.close()

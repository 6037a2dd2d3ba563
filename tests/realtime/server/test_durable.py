"""Durable rooms, one sentence a test, on a clock that jumps."""

import asyncio
import gc
import logging

import pytest

from chorus.realtime.backplane.memory import Bus, MemoryBackplane
from chorus.realtime.log.contract import CursorAhead, EntriesGone
from chorus.realtime.log.follower import Patience
from chorus.realtime.server.durable import DurableRooms, DurableSettings
from parts.jumping import jumping, soon
from parts.stage import FakeClient, FakeStage, FrailLog, entries

ROOM = "channel:3"


class Site:
    """Instances over one log and one bus."""

    def __init__(self, log: FrailLog | None = None, **settings: object) -> None:
        self.log = log or FrailLog()
        self.bus = Bus()
        self.settings = DurableSettings(**settings)

    async def instance(self) -> "Instance":
        backplane = MemoryBackplane(self.bus)
        await backplane.start()
        stage = FakeStage(backplane)
        return Instance(stage, DurableRooms(stage, self.log, settings=self.settings), self.log)


class Instance:
    """One instance: its rooms and its clients."""

    def __init__(self, stage: FakeStage, rooms: DurableRooms, log: FrailLog) -> None:
        self.stage = stage
        self.rooms = rooms
        self._log = log

    def client(self) -> FakeClient:
        return FakeClient(self.stage)

    async def follower(self, after: int | None = None, room: str = ROOM) -> FakeClient:
        """A client that is live."""
        client = self.client()
        await soon(self.rooms.follow(client, room, after=after))
        return client

    async def say(self, number: int = 1, *, announced: bool = True) -> None:
        """Append and announce."""
        for _ in range(number):
            seq = await self._log.add(ROOM)
            if announced:
                self.rooms.announce(ROOM, seq, b"%d" % seq)


@jumping
async def test_a_follower_gets_what_follows_its_cursor_and_then_everything_new():
    here = await Site().instance()
    await here.say(5)
    client = here.client()

    position = await soon(here.rooms.follow(client, ROOM, after=2))
    await here.say(2)

    assert position == 5
    assert client.seen == entries(3, 7)
    assert here.rooms.position(ROOM) == 7


@jumping
async def test_without_a_cursor_only_what_is_new_comes():
    here = await Site().instance()
    await here.say(5)
    client = await here.follower(after=None)

    await here.say()

    assert client.seen == entries(6, 6)


@jumping
async def test_an_announcement_reaches_the_followers_of_other_instances_without_reading():
    site = Site()
    here, there = await site.instance(), await site.instance()
    client = await there.follower(after=0)

    await here.say(3)
    await asyncio.sleep(0.001)

    assert client.seen == entries(1, 3)
    assert site.log.reads == []


@jumping
async def test_lost_announcements_are_found_at_the_next_comparison():
    site = Site(interval=2.0)
    here, there = await site.instance(), await site.instance()
    client = await there.follower(after=0)

    await here.say(450, announced=False)
    await asyncio.sleep(2.2)

    assert client.seen == entries(1, 450)


@jumping
async def test_a_gap_is_read_soon_when_a_later_announcement_shows_it():
    site = Site(interval=60.0)
    here, there = await site.instance(), await site.instance()
    client = await there.follower(after=0)

    await here.say(announced=False)
    await here.say()
    await asyncio.sleep(0.05)

    assert client.seen == entries(1, 2)
    assert site.log.reads == [(ROOM, 0, 1)]


@jumping
async def test_when_the_backplane_comes_back_positions_are_compared_at_once():
    site = Site(interval=60.0)
    here, there = await site.instance(), await site.instance()
    client = await there.follower(after=0)
    site.bus.go_down()
    await here.say(3)

    site.bus.come_up()
    await asyncio.sleep(0.1)

    assert client.seen == entries(1, 3)


@jumping
async def test_one_query_compares_all_rooms():
    site = Site(interval=2.0)
    here = await site.instance()
    await asyncio.gather(*[here.follower(after=0, room=f"room {number}") for number in range(50)])
    assert [len(question) for question in site.log.questions] == [50]

    await asyncio.sleep(2.1)

    assert [len(question) for question in site.log.questions] == [50, 50]


@jumping
async def test_the_log_away_costs_nothing_but_time_and_is_said_once(caplog):
    caplog.set_level(logging.WARNING)
    site = Site(interval=1.0)
    here, there = await site.instance(), await site.instance()
    client = await there.follower(after=0)
    await here.say(4, announced=False)
    site.log.away = True
    late = there.client()
    following = asyncio.ensure_future(there.rooms.follow(late, ROOM, after=0))
    await asyncio.sleep(60.0)
    assert client.seen == late.seen == []

    site.log.away = False
    await soon(following)
    await asyncio.sleep(2.0)

    assert client.seen == late.seen == entries(1, 4)
    said = [record for record in caplog.records if record.name.endswith("patient_log")]
    assert [record.levelname for record in said] == ["ERROR", "WARNING"]


@jumping
async def test_a_room_first_followed_while_the_log_is_away_waits_for_it():
    site = Site()
    here = await site.instance()
    await here.say(3)
    site.log.away = True
    client = here.client()
    following = asyncio.ensure_future(here.rooms.follow(client, ROOM, after=1))
    await asyncio.sleep(20.0)

    site.log.away = False

    assert await soon(following) == 3
    assert client.seen == entries(2, 3)


@jumping
async def test_a_log_that_never_answers_is_asked_again():
    site = Site(read_timeout=5.0)
    here = await site.instance()
    await here.say(3)
    site.log.latency = 3600.0
    following = asyncio.ensure_future(here.rooms.follow(client := here.client(), ROOM, after=1))
    await asyncio.sleep(3.0)
    site.log.latency = 0.001

    await soon(following, within=10.0)

    assert client.seen == entries(2, 3)


@jumping
async def test_a_thousand_reconnecting_clients_cost_a_handful_of_reads():
    site = Site()
    here = await site.instance()
    await here.say(60)
    clients = [here.client() for _ in range(1000)]

    await asyncio.gather(*[here.rooms.follow(client, ROOM, after=20 + n * 7 % 40) for n, client in enumerate(clients)])

    assert all(client.seen == entries(21 + n * 7 % 40, 60) for n, client in enumerate(clients))
    assert len(site.log.reads) <= 2
    assert len(site.log.questions) == 1


@jumping
async def test_entries_just_released_are_not_read_again():
    site = Site(recent_frames=10)
    here = await site.instance()
    await here.follower(after=0)
    await here.say(30)

    client = await here.follower(after=20)

    assert client.seen == entries(21, 30)
    assert site.log.reads == []


@jumping
async def test_entries_that_are_to_be_forgotten_are_read_again():
    site = Site()
    here = await site.instance()
    await here.follower()
    await here.say(5)
    here.rooms.forget(ROOM)
    here.rooms.forget("channel:nobody follows")
    late = await here.follower(after=0)

    assert late.seen == entries(1, 5)
    assert site.log.reads != []


@jumping
async def test_what_one_client_made_us_read_the_next_gets_from_memory():
    site = Site()
    here = await site.instance()
    await here.say(30)
    await here.follower(after=10)

    client = await here.follower(after=12)

    assert client.seen == entries(13, 30)
    assert len(site.log.reads) == 1


@jumping
async def test_a_room_has_one_reader_and_pages_are_bounded():
    site = Site(recent_frames=5, order=Patience(page=10))
    here = await site.instance()
    await here.say(200)
    clients = [here.client() for _ in range(20)]

    await asyncio.gather(*[here.rooms.follow(client, ROOM, after=7 * n) for n, client in enumerate(clients)])

    assert all(client.seen == entries(7 * n + 1, 200) for n, client in enumerate(clients))
    assert site.log.most_readers == 1
    assert max(limit for _, _, limit in site.log.reads) == 10


@jumping
async def test_a_client_that_goes_while_catching_up_ends_it():
    site = Site(order=Patience(page=10))
    here = await site.instance()
    await here.say(200)
    client = here.client()
    following = asyncio.ensure_future(here.rooms.follow(client, ROOM, after=0))
    while not client.seen:
        await asyncio.sleep(0.0001)

    client.go()
    cursor = await soon(following)
    reads = len(site.log.reads)
    await asyncio.sleep(1.0)

    assert cursor == len(client.seen) < 200
    assert len(site.log.reads) <= reads + 1


@jumping
async def test_a_client_that_is_gone_before_it_follows_gets_nothing_and_leaves_nothing():
    here = await Site(linger=1.0, interval=1.0).instance()
    client = here.client()
    client.go()

    await soon(here.rooms.follow(client, ROOM, after=0))
    await here.say()
    await asyncio.sleep(5.0)

    assert client.seen == []
    assert here.rooms.position(ROOM) is None


@jumping
async def test_a_congested_client_gets_no_more_until_its_socket_took_what_it_was_sent():
    site = Site(order=Patience(page=10))
    here = await site.instance()
    await here.say(200)
    client = here.client()
    client.congested = True

    following = asyncio.ensure_future(here.rooms.follow(client, ROOM, after=0))
    await asyncio.sleep(30.0)
    assert client.seen == []
    assert len(site.log.reads) == 1
    client.congested = False

    await soon(following)
    assert client.seen == entries(1, 200)


@jumping
async def test_unfollowing_while_catching_up_ends_it_and_following_again_goes_on():
    site = Site(order=Patience(page=10))
    here = await site.instance()
    await here.say(100)
    client = here.client()
    first = asyncio.ensure_future(here.rooms.follow(client, ROOM, after=0))
    while not client.seen:
        await asyncio.sleep(0.0001)
    here.rooms.unfollow(client, ROOM)
    cursor = await soon(first)
    assert len(client.seen) == cursor

    await soon(here.rooms.follow(client, ROOM, after=cursor))
    await here.say()

    assert client.seen == entries(1, 101)


@jumping
async def test_after_unfollowing_nothing_comes():
    here = await Site().instance()
    client = await here.follower(after=0)

    here.rooms.unfollow(client, ROOM)
    here.rooms.unfollow(client, "never followed")
    await here.say()

    assert client.seen == []


@jumping
async def test_a_client_that_saw_more_than_this_instance_waits_for_nothing_and_brings_the_room_forward():
    """It came from an instance that heard an announcement which this one missed."""
    site = Site(interval=60.0)
    here, there = await site.instance(), await site.instance()
    stays = await there.follower(after=0)
    await here.say(5, announced=False)
    comes = there.client()

    assert await soon(there.rooms.follow(comes, ROOM, after=4)) == 5

    assert comes.seen == entries(5, 5)
    assert stays.seen == entries(1, 5)


@jumping
async def test_a_cursor_that_the_log_never_gave_is_refused():
    here = await Site().instance()
    await here.say(5)
    await here.follower(after=0)
    client = here.client()

    with pytest.raises(CursorAhead, match="the cursor is 9, the log ends at 5"):
        await soon(here.rooms.follow(client, ROOM, after=9))

    await here.say(10)
    assert client.seen == []


@jumping
async def test_a_cursor_before_a_cut_log_is_refused():
    here = await Site(FrailLog(keep=10)).instance()
    await here.say(50)
    client = here.client()

    with pytest.raises(EntriesGone):
        await soon(here.rooms.follow(client, ROOM, after=20))

    assert await soon(here.rooms.follow(client, ROOM, after=40)) == 50
    assert client.seen == entries(41, 50)


@jumping
async def test_followers_are_cut_off_when_the_log_was_cut_ahead_of_them():
    """They would have a hole; so they come back and are told that a snapshot is needed."""
    site = Site(FrailLog(keep=10), interval=1.0)
    here, there = await site.instance(), await site.instance()
    client = await there.follower(after=0)
    await here.say(50, announced=False)
    await asyncio.sleep(2.0)

    assert client.seen == []
    assert client.disconnected_with == "entries gone"
    assert there.rooms.position(ROOM) == 50


@jumping
async def test_large_entries_are_announced_by_number_and_read():
    site = Site(interval=60.0, largest_hint=100)
    here, there = await site.instance(), await site.instance()
    client = await there.follower(after=0)

    seq = await site.log.append(ROOM, b"x" * 101, id="large")
    here.rooms.announce(ROOM, seq, b"x" * 101)
    await asyncio.sleep(0.1)

    assert client.seen == [b"x" * 101]
    assert site.log.reads == [(ROOM, 0, 1)]


@jumping
async def test_an_entry_is_encoded_once_for_all_followers():
    here = await Site().instance()
    for _ in range(20):
        await here.follower(after=0)

    await here.say()

    assert here.stage.encoded == 1


@jumping
async def test_a_deaf_instance_knows_it_and_connects_anew():
    """Row 9."""
    site = Site(interval=2.0)
    here, there = await site.instance(), await site.instance()
    await there.follower(after=0)
    await here.say(3)
    await asyncio.sleep(4.1)
    assert not there.rooms.deaf

    there.stage.backplane._receivers._by_channel.clear()
    renewed = []
    there.stage.backplane.renew = lambda: renewed.append(1)
    await here.say(3)
    await asyncio.sleep(4.1)
    assert there.rooms.deaf
    assert renewed == [1]


@jumping
async def test_what_is_no_announcement_is_ignored(caplog):
    here = await Site().instance()
    client = await here.follower(after=0)

    here.stage.backplane.publish(f"log:/:{ROOM}", b"?")
    await here.say()

    assert client.seen == entries(1, 1)
    assert "is no announcement" in caplog.text


@jumping
async def test_rooms_without_followers_are_forgotten_and_nothing_stays_behind():
    here = await Site(interval=1.0, linger=10.0).instance()
    clients = [await here.follower(after=0, room=f"room {number}") for number in range(20)]
    for client in clients:
        client.go()

    await asyncio.sleep(12.0)

    assert here.rooms.position("room 3") is None
    assert here.rooms._visits == {}
    assert len(here.rooms._jobs) == 0
    assert list(here.stage.backplane._receivers.channels()) == []


@jumping
async def test_a_room_followed_again_after_it_was_forgotten_begins_where_the_log_is():
    here = await Site(interval=1.0, linger=2.0).instance()
    (await here.follower(after=0)).go()
    await asyncio.sleep(5.0)
    await here.say(3)

    client = await here.follower(after=1)
    await here.say()

    assert client.seen == entries(2, 4)


@jumping
async def test_closing_lets_waiting_clients_go_and_ends_every_task():
    site = Site()
    here = await site.instance()
    site.log.away = True
    following = asyncio.ensure_future(here.rooms.follow(here.client(), ROOM, after=0))
    await asyncio.sleep(1.0)

    await here.rooms.close()
    await soon(following)

    gc.collect()
    assert asyncio.all_tasks() == {asyncio.current_task()}


@jumping
async def test_an_announcement_heard_while_a_room_is_opened_is_not_lost():
    site = Site(interval=60.0)
    here, there = await site.instance(), await site.instance()
    client = there.client()
    following = asyncio.ensure_future(there.rooms.follow(client, ROOM, after=0))
    await asyncio.sleep(0.0008)  # the log has looked, its answer is on the way
    await here.say()
    await soon(following)
    await asyncio.sleep(0.1)

    assert client.seen == entries(1, 1)


@jumping
async def test_a_client_waiting_for_the_log_goes_live_when_announcements_bring_the_room_to_it():
    site = Site(interval=60.0)
    here, there = await site.instance(), await site.instance()
    await there.follower(after=0)
    site.log.away = True
    client = there.client()
    following = asyncio.ensure_future(there.rooms.follow(client, ROOM, after=2))
    await asyncio.sleep(1.0)
    assert not following.done()

    await here.say(3)

    assert await soon(following) == 3
    assert client.seen == entries(3, 3)


@jumping
async def test_a_cursor_that_is_younger_than_the_look_at_the_log_is_not_refused():
    """While the reader's question was answered, the client saw a new entry elsewhere and came over."""
    site = Site(interval=60.0)
    here, there = await site.instance(), await site.instance()
    await here.say(5)
    await there.follower(after=5)
    first = asyncio.ensure_future(there.rooms.follow(there.client(), ROOM, after=6))
    await asyncio.sleep(0.0008)  # the log has looked, its answer is on the way
    await here.say(2, announced=False)
    second = asyncio.ensure_future(there.rooms.follow(there.client(), ROOM, after=7))

    with pytest.raises(CursorAhead):
        await soon(first)
    assert await soon(second) == 7

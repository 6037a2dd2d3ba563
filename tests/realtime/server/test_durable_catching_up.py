"""A client's way to the end of its durable room, one sentence a test, on a clock that jumps."""

import asyncio

import pytest

from chorus.realtime.backplane.memory import Bus, MemoryBackplane
from chorus.realtime.log.follower import Patience
from chorus.realtime.log.trail import Trail
from chorus.realtime.server.catching_up import CatchingUp
from chorus.realtime.server.durable_room import DurableRoom
from chorus.realtime.server.durable_settings import DurableSettings
from chorus.realtime.server.visit import Step, UnexpectedStep, Visit
from parts.durable import ROOM, Site
from parts.jumping import jumping, soon
from parts.stage import FakeClient, FakeStage, entries
from waiting import eventually


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
async def test_entries_read_while_they_were_to_be_forgotten_are_not_kept():
    """The log was asked before it erased something, and answers after: whoever comes later reads anew."""
    site = Site()
    here = await site.instance()
    await here.say(5)
    await here.follower()
    here.rooms.forget(ROOM)
    site.log.latency = 1.0
    early, late, later = here.client(), here.client(), here.client()
    following = asyncio.create_task(here.rooms.follow(early, ROOM, after=0))
    await eventually(lambda: site.log.reads, what="a read that is under way")

    here.rooms.forget(ROOM)
    followed = asyncio.create_task(here.rooms.follow(late, ROOM, after=0))
    await soon(following)
    assert (early.seen, late.seen) == (entries(1, 5), [])
    await soon(followed)
    await soon(here.rooms.follow(later, ROOM, after=0))

    assert late.seen == later.seen == entries(1, 5)
    assert len(site.log.reads) == 2


@jumping
async def test_entries_held_behind_a_gap_are_forgotten_too():
    """They are read again when their turn comes, as the log has them by then."""
    site = Site(order=Patience(patience=1.0))
    here = await site.instance()
    client = await here.follower(after=0)
    await here.say(announced=False)
    await here.say(2)

    here.rooms.forget(ROOM)
    here.rooms.announce(ROOM, 1, b"1")
    before = list(client.seen)
    await asyncio.sleep(1.5)

    assert before == entries(1, 1)
    assert client.seen == entries(1, 3)


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
async def test_what_a_client_missed_comes_in_one_write_and_what_is_more_than_a_burst_in_several():
    site = Site(burst=100)
    here = await site.instance()
    await here.say(50)
    little, much = here.client(), here.client()

    await soon(here.rooms.follow(little, ROOM, after=30))  # 20 frames of 4 bytes
    await soon(here.rooms.follow(much, ROOM, after=0))

    assert (little.seen, little.writes) == (entries(31, 50), 1)
    assert (much.seen, much.writes) == (entries(1, 50), 2)


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


async def test_a_client_that_its_own_offset_is_too_much_for_does_not_go_live():
    """It is cut off while it is told where it begins; the room would keep it for ever."""
    settings = DurableSettings()
    stage = FakeStage(MemoryBackplane(Bus()))
    room, client = DurableRoom(ROOM, stage, "entry", settings), FakeClient(stage)
    client.trail, client.let_in = Trail("nonce"), True
    room.place(0, now=0.0)
    visit = Visit(client, room, None)
    room.visits[visit] = None
    client.when_gone(lambda _: room.end(visit, now=0.0))
    catching_up = CatchingUp(lambda room: None, lambda client: client.go(), settings)

    await catching_up.go(visit)

    assert visit.step is Step.OVER
    with pytest.raises(UnexpectedStep, match="a following that is OVER cannot become LIVE"):
        room.enter(visit)

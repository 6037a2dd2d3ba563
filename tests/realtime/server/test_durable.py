"""Durable rooms, one sentence a test, on a clock that jumps: what followers get, and how instances hear of it."""

import asyncio
import gc

from chorus.realtime.server.durable_room import DurableRoom
from parts.durable import ROOM, Site
from parts.jumping import jumping, soon
from parts.stage import FrailLog, entries


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
async def test_new_is_what_comes_after_the_call_however_late_it_is_awaited():
    here = await Site().instance()
    await here.say(5)
    await here.follower(after=None)
    client = here.client()

    following = here.rooms.follow(client, ROOM)
    await here.say()
    await soon(following)
    await here.say()

    assert client.seen == entries(6, 7)


@jumping
async def test_new_is_what_comes_after_the_log_has_said_where_the_room_is(monkeypatch):
    """An announcement comes in the very step in which it says so."""
    here = await Site().instance()
    await here.say(5)
    client, place = here.client(), DurableRoom.place

    def and_more(room, position, **known):
        place(room, position, **known)
        room.hear(6, b"6", now=known["now"])

    monkeypatch.setattr(DurableRoom, "place", and_more)
    position = await soon(here.rooms.follow(client, ROOM))

    assert position == 6
    assert client.seen == entries(6, 6)


@jumping
async def test_who_is_told_not_to_wait_before_the_first_step_follows_nothing():
    here = await Site(interval=1.0, linger=2.0).instance()
    client = here.client()
    following = asyncio.create_task(here.rooms.follow(client, ROOM, after=0))

    following.cancel()
    await asyncio.wait([following])
    await asyncio.sleep(4.0)

    assert following.cancelled()
    assert here.rooms.position(ROOM) is None, "the room is looked after, and nobody follows it"


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
async def test_after_unfollowing_nothing_comes():
    here = await Site().instance()
    client, other = await here.follower(after=0), await here.follower(after=0)

    here.rooms.unfollow(client, ROOM)
    here.rooms.unfollow(client, "never followed")
    await here.say()

    assert (client.seen, other.seen) == ([], entries(1, 1))


@jumping
async def test_who_follows_a_room_again_goes_on_from_its_new_cursor_and_leaves_nothing_behind():
    here = await Site(interval=1.0, linger=2.0).instance()
    await here.say(2)
    client = await here.follower(after=2)

    await soon(here.rooms.follow(client, ROOM, after=1))
    await here.say()
    here.rooms.unfollow(client, ROOM)
    await asyncio.sleep(5.0)

    assert client.seen == entries(2, 3)
    assert here.rooms.position(ROOM) is None


@jumping
async def test_who_moves_follows_there_what_it_followed_and_not_what_it_had_left():
    site = Site()
    here, there = await site.instance(), await site.instance()
    client, moved = await here.follower(after=0), there.client()
    await soon(here.rooms.follow(client, "left", after=0))
    here.rooms.unfollow(client, "left")
    await here.say(2)

    there.stage.unpack(moved, here.stage.pack(client))
    await asyncio.sleep(1.0)
    await here.say()
    await asyncio.sleep(1.0)

    assert (client.seen, moved.seen) == (entries(1, 2), entries(3, 3))
    assert there.rooms.position("left") is None


@jumping
async def test_who_comes_from_elsewhere_and_cannot_go_on_is_sent_away():
    """Its client comes back then, and is told that a snapshot is needed."""
    here = await Site(FrailLog(keep=10)).instance()
    await here.say(50)
    client = here.client()

    here.stage.unpack(client, {"cursors": {ROOM: 5}, "trail": None})
    await asyncio.sleep(1.0)

    assert client.disconnected_with == "entries gone"


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
async def test_an_instance_that_hears_most_of_what_is_said_is_not_deaf():
    """Row 9."""
    site = Site(interval=2.0)
    here, there = await site.instance(), await site.instance()
    await there.follower(after=0)
    for _ in range(4):
        await here.say(announced=False)
        await asyncio.sleep(4.1)
        await here.say()
        await asyncio.sleep(4.1)

    assert not there.rooms.deaf


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

"""Cursors that the log cannot go on from, or only later, one sentence a test, on a clock that jumps."""

import asyncio

import pytest

from chorus.realtime.errors import UsageError
from chorus.realtime.log.contract import CursorAhead, EntriesGone
from parts.durable import ROOM, Site
from parts.jumping import jumping, soon
from parts.stage import FrailLog, entries


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


@jumping
@pytest.mark.parametrize(("room", "after"), [(5, None), ("", None), ("a." + "b" * 22, 0), (ROOM, "1"), (ROOM, -1)])
async def test_what_is_no_room_or_no_cursor_is_refused_and_nothing_stays_behind(room, after):
    """Handlers pass on what clients sent."""
    here = await Site().instance()
    await here.say(3)
    client = here.client()

    with pytest.raises(UsageError):
        await soon(here.rooms.follow(client, room, after=after))

    assert here.rooms._visits == {}
    assert client.seen == []

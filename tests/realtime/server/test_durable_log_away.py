"""Durable rooms whose log is away, one sentence a test, on a clock that jumps."""

import asyncio
import logging

from parts.durable import ROOM, Site
from parts.jumping import jumping, soon
from parts.stage import entries


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

"""Sessions that do not move, or move and are gone: row 14 of the table of behaviours."""

import asyncio
import contextlib

import pytest

from chorus.realtime import DurableRooms, MemoryLog
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.errors import NotMovable, StateRefused
from parts.moving import ask, connected, pair, server
from parts.websocket import PING, PONG, Closed
from waiting import eventually


async def test_one_that_is_refused_is_closed_with_1012():
    """So that its client comes back, and its disconnect handler is called."""
    async with pair() as both:
        client = await connected(both)
        departure = await both.pack(client)

        departure.refused("another release")

        assert (await client.closed()).code == 1012
        assert len(both.there) == 0
        client.close()


async def test_one_that_does_not_answer_stays_and_is_served():
    async with pair() as both:
        client = await connected(both)
        [protocol] = both.protocols

        departure = await both.there.hand_over.pack(protocol, within=0.1)

        client.send('42["echo"]')
        assert departure is None
        assert (await client.frame())[0] == PING
        assert await client.receive() == '42["echo"]'
        client.close()


async def test_state_that_nobody_can_write_down_stays():
    class Thing:
        pass

    async with pair() as both:
        client = await connected(both)
        [old] = both.there.namespace("/").clients()
        old.state = Thing()

        departure = await both.pack(client)

        client.send('42["echo"]')
        assert departure is None
        assert await client.receive() == '42["echo"]'
        client.close()


async def test_an_application_that_fails_to_take_it_refuses_it_and_keeps_nothing():
    def make(bus, instance):
        made = server(bus, instance)
        made.namespace("/").carry("chat 1", lambda client: "x", lambda client, given: 1 / 0)
        return made

    async with pair(make) as both:
        client = await connected(both)
        departure = await both.pack(client)

        with pytest.raises(StateRefused, match="ZeroDivisionError"):
            await both.hand_over(departure)

        departure.refused("it failed")
        assert (await client.closed()).code == 1012
        assert list(both.here.namespace("/").clients()) == []
        client.close()


async def test_a_part_may_say_not_now_and_is_asked_again():
    asked = []

    def make(bus, instance):
        made = server(bus, instance)

        def pack(client):
            asked.append(client)
            if len(asked) < 2:
                raise NotMovable("it is being welcomed", later=True)
            return "x"

        made.namespace("/").carry("chat 1", pack, lambda client, given: setattr(client, "state", given))
        return made

    async with pair(make) as both:
        client = await connected(both)
        [protocol] = both.protocols
        packing = asyncio.create_task(both.there.hand_over.pack(protocol, within=5))
        for _ in range(2):
            assert (await client.frame())[0] == PING
            client.send("", PONG)

        await both.hand_over(await packing)

        assert (await ask(client))[0][1] == "x"
        client.close()


async def test_one_that_stays_for_another_namespaces_sake_follows_its_durable_rooms_as_before():
    """Whoever may object is asked before anybody lets go."""
    rooms, log = {}, MemoryLog()

    def make(bus, instance):
        made = server(bus, instance)
        chat, other = made.namespace("/"), made.namespace("/other")
        durable = rooms[instance] = DurableRooms(chat, log)
        chat.on("follow")(lambda client: durable.follow(client, "news"))

        def refuse(client):
            raise NotMovable("not this one")

        other.carry("other 1", refuse, lambda client, given: None)
        return made

    async with pair(make) as both:
        client = await connected(both)
        client.send("40/other,")
        assert (await client.receive()).startswith("40/other,")
        client.send('421["follow"]')
        assert await client.receive() == "431[0]"

        departure = await both.pack(client)
        seq = await log.append("news", b'"hello"', id="1")
        rooms["0"].announce("news", seq, b'"hello"')

        assert departure is None
        assert await client.receive() == '42["entry","hello"]'
        client.close()
        await asyncio.gather(*(each.close() for each in rooms.values()))


async def test_formats_differ_when_parts_do():
    """So that no process is sent what it cannot read."""
    bus = Bus()
    plain, other = server(bus), server(bus)
    other.namespace("/").carry("chat 2", lambda client: None, lambda client, given: None)

    assert plain.hand_over.format == "chorus.realtime 2: / "
    assert other.hand_over.format == "chorus.realtime 2: / chat 2"


async def test_a_client_that_left_meanwhile_is_gone_where_it_arrives():
    gone = []

    def make(bus, instance):
        made = server(bus, instance)
        made.namespace("/").on_disconnect(lambda client, reason: gone.append((instance, reason)))
        return made

    async with pair(make) as both:
        client = await connected(both)
        departure = await both.pack(client)
        client.close()
        with contextlib.suppress(Closed):
            await both.hand_over(departure)

        await eventually(lambda: gone == [("1", "transport close")])
        assert len(both.here) == 0


async def test_one_that_is_sent_away_before_its_socket_is_here_is_told_so():
    """What it is sent between being unpacked and being connected waits, its farewell too."""

    def make(bus, instance):
        made = server(bus, instance)
        made.namespace("/").carry("chat 1", lambda client: None, lambda client, given: client.disconnect())
        return made

    async with pair(make) as both:
        client = await connected(both)

        await both.move(client)

        assert await client.receive() == "41"
        client.close()

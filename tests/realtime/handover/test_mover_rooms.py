"""What rooms are told while a session moves reaches it once: row 14 of the table of behaviours."""

import asyncio

import pytest

from chorus.realtime import (
    MemoryBackplane,
    Server,
)
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.server.hub import Listening
from parts.moving import ask, connected, pair, server


async def test_what_others_say_in_its_rooms_while_it_is_on_its_way_reaches_it_once():
    """Rooms without a log, everybody, and its sid: said by a third instance while it was in neither process."""
    async with pair() as both:
        third = Server(instance="2", backplane=MemoryBackplane(both.bus))
        await third.start()
        says = third.namespace("/")
        client = await connected(both)
        client.send('42["join","a"]')
        [[sid, *_]] = await ask(client)
        await both.here.hand_over.expect(await both.there.hand_over.announce())

        def say(number):
            for to in (says.to("a"), says.everybody, says.to(sid)):
                to.emit("n", number)

        say(1)
        heard = [await client.receive() for _ in range(3)]
        departure = await both.pack(client)
        say(2)
        await both.hear(third)
        await both.hand_over(departure)
        say(3)

        heard += [await client.receive() for _ in range(6)]
        assert sorted(heard) == sorted(f'42["n",{n}]' for n in (1, 2, 3) for _ in range(3))
        assert heard[:3] == ['42["n",1]'] * 3
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.frame(), 0.1)
        await third.close()
        client.close()


async def test_what_others_say_meanwhile_reaches_it_in_a_namespace_of_a_pattern_too():
    def make(bus, instance):
        made = server(bus, instance)
        made.namespaces(r"/document/\d+")
        return made

    async with pair(make) as both:
        third = make(both.bus, "2")
        await third.start()
        document = third.find_namespace("/document/7")
        client = await connected(both)
        client.send("40/document/7,")
        assert (await client.receive()).startswith("40/document/7,")
        await both.here.hand_over.expect(await both.there.hand_over.announce())

        document.emit("n", 1)
        assert await client.receive() == '42/document/7,["n",1]'
        departure = await both.pack(client)
        document.emit("n", 2)
        await both.hear(third)
        await both.hand_over(departure)
        document.emit("n", 3)

        assert [await client.receive() for _ in range(2)] == ['42/document/7,["n",2]', '42/document/7,["n",3]']
        await third.close()
        client.close()


async def test_a_namespace_of_a_pattern_that_nobody_came_to_is_let_go_with_what_it_listened_to():
    made = server(Bus())
    made.namespaces(r"/document/\d+", most=1)
    made.listen_ahead({"/document/7": Listening(("", "a"), ("0",))})
    hub = made.find_namespace("/document/7").hub
    assert set(hub._receivers) == {"", "a"}

    assert made.find_namespace("/document/8") is not None

    assert set(hub._receivers) == set()
    await made.close()


async def test_rooms_that_were_listened_to_for_nobody_are_let_go():
    async with pair() as both:
        client = await connected(both)
        client.send('42["join","a"]')
        await ask(client)
        await both.here.hand_over.expect(await both.there.hand_over.announce())
        hub = both.here.namespace("/").hub
        listened = set(hub._receivers)

        both.here._overlaps._end()

        assert listened == {"", "a"}
        assert set(hub._receivers) == set()
        client.close()

"""Sessions that move while somebody waits for an answer: row 14 of the table of behaviours."""

import asyncio
import contextlib

import pytest

from chorus.realtime import (
    ClientGone,
)
from parts.moving import connected, pair, server
from parts.websocket import PING, PONG, TEXT


async def test_an_answer_that_is_awaited_there_arrives_here_and_is_carried_back():
    """Acks outstanding; numbers are not used twice."""
    async with pair() as both:
        client = await connected(both)
        [old] = both.there.namespace("/").clients()
        asking = asyncio.create_task(old.call("how are you?"))
        assert await client.receive() == '420["how are you?"]'
        await both.move(client)
        [new] = both.here.namespace("/").clients()
        asking_here = asyncio.create_task(new.call("and now?"))
        assert await client.receive() == '421["and now?"]'

        client.send('430["well"]')
        client.send('431["better"]')

        assert await asking == "well"
        assert await asking_here == "better"
        await asyncio.wait_for(both.there.hand_over.finish(), 5)
        client.close()


async def test_an_answer_that_will_not_come_is_known_there():
    async with pair() as both:
        client = await connected(both)
        [old] = both.there.namespace("/").clients()
        asking = asyncio.create_task(old.call("how are you?"))
        await client.receive()
        await both.move(client)

        client.close()

        with pytest.raises(ClientGone):
            await asking


async def test_a_handler_that_runs_is_waited_for_and_its_answer_is_sent():
    finish = asyncio.Event()

    def make(bus, instance):
        made = server(bus, instance)

        @made.namespace("/").on("slow")
        async def slow(client):
            await finish.wait()
            return "done"

        return made

    async with pair(make) as both:
        client = await connected(both)
        client.send('427["slow"]')
        packing = asyncio.create_task(both.pack(client))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(packing), 0.1)
        was_packed = packing.done()
        finish.set()

        await both.hand_over(await packing)

        assert not was_packed
        assert await client.receive() == '437["done"]'
        client.close()


async def test_a_handler_that_awaits_its_own_client_is_let_finish():
    """Its answer would lie unread in the socket for ever."""

    def make(bus, instance):
        made = server(bus, instance)

        @made.namespace("/").on("ask me")
        async def ask_me(client):
            return await client.call("what?")

        return made

    async with pair(make) as both:
        client = await connected(both)
        client.send('425["ask me"]')
        assert await client.receive() == '420["what?"]'
        [protocol] = both.protocols
        packing = asyncio.create_task(both.there.hand_over.pack(protocol, within=5))
        for _ in range(2):
            kind, _ = await client.frame()
            assert kind == PING
            client.send("", PONG)
        client.send('430["this"]')
        heard = []
        while not packing.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    kind, payload = await client.frame()
                    heard += [payload.decode()] if kind == TEXT else []
                    client.send("", PONG) if kind == PING else None

        await both.hand_over(packing.result())

        heard += [] if heard else [await client.receive()]
        assert heard == ['435["this"]']
        client.close()

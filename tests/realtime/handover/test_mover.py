"""Live WebSockets from one server to another, over real sockets: row 14 of the table of behaviours."""

import asyncio
import contextlib
import json
import zlib

from chorus.realtime import (
    Compression,
    DurableRooms,
    MemoryLog,
)
from chorus.realtime.transport.deflate import expand
from parts.moving import ask, connected, pair, server
from parts.websocket import BINARY, CONTINUATION, PING, TEXT, RawClient
from waiting import eventually


async def test_a_session_goes_on_with_its_sid_its_rooms_and_its_data():
    async with pair() as both:
        client = await connected(both)
        client.send('42["join","a"]')
        before = await ask(client)
        [left] = both.there._sessions

        await both.move(client)

        after = await ask(client)
        [came] = both.here._sessions
        assert came.sid == left.sid
        assert after[0][:3] == before[0][:3] == [before[0][0], {"name": "ann"}, ["a"]]
        assert (before[0][3], after[0][3]) == ("0", "1")
        assert (len(both.there), len(both.here)) == (0, 1)
        client.close()


async def test_its_sid_is_still_an_address_and_its_rooms_are_heard():
    """From an instance that knows nothing of the move."""
    async with pair() as both:
        client = await connected(both)
        client.send('42["join","a"]')
        [[sid, *_]] = await ask(client)
        await both.move(client)

        chat = both.there.namespace("/")
        chat.to(sid).emit("alone")
        chat.to("a").emit("room")
        chat.emit("all")

        assert [await client.receive() for _ in range(3)] == ['42["alone"]', '42["room"]', '42["all"]']
        client.close()


async def test_what_the_client_sends_meanwhile_is_handled_there():
    """It lies in the socket, whose bytes go with it."""
    async with pair() as both:
        client = await connected(both)
        departure = await both.pack(client)
        client.send('42["echo",1]')
        client.send('42["echo",2]')

        await both.hand_over(departure)

        assert [await client.receive() for _ in range(2)] == ['42["echo",1]', '42["echo",2]']
        client.close()


async def test_what_it_is_sent_meanwhile_reaches_it_in_order():
    """Before it is packed, while it is on its way, and by those who still know it where it was."""
    async with pair() as both:
        client = await connected(both)
        [old] = both.there.namespace("/").clients()
        old.emit("n", 1)
        departure = await both.pack(client)
        old.emit("n", 2)
        old.emit("n", 3)

        await both.hand_over(departure)
        old.emit("n", 4)

        heard = [payload.decode() for kind, payload in client.skipped if kind == TEXT]
        heard += [await client.receive() for _ in range(4 - len(heard))]
        assert heard == [f'42["n",{n}]' for n in (1, 2, 3, 4)]
        client.close()


async def test_a_message_in_pieces_goes_on_where_it_was():
    """Between two of its fragments, and between a packet and its attachment."""
    async with pair() as both:
        client = await connected(both)
        client.send('451-["echo",{"_placeholder":', TEXT, fin=False)
        await both.move(client)
        client.send('true,"num":0}]', CONTINUATION)
        await eventually(lambda: both.here_web.server_state.connections)
        both.there, both.here = both.here, both.there
        both.there_web, both.here_web = both.here_web, both.there_web
        await both.move(client)
        client.send(b"!", BINARY)

        assert await client.receive() == '451-["echo",{"_placeholder":true,"num":0}]'
        assert await client.receive() == b"!"
        client.close()


async def test_a_compressed_message_goes_on_where_it_was():
    """What was agreed with the client, and half of a message."""
    text = '42["echo","' + "a" * 2000 + '"]'
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    payload = deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
    async with pair(compression=Compression()) as both:
        client = (await RawClient.ask(both.port, headers="Sec-WebSocket-Extensions: permessage-deflate\r\n")).client
        client.skipped = []
        client.send("40")
        client.send(payload[:9], TEXT, rsv1=True, fin=False)
        await client.receive()
        await client.receive()
        await both.move(client)
        client.send(payload[9:-4], CONTINUATION)

        _, answer = await client.frame()
        assert expand(answer, most=10_000).decode() == text
        client.close()


async def test_a_frame_whose_end_has_not_come_is_waited_for():
    """In our memory there is half of it: it does not move before the rest is there."""
    async with pair() as both:
        client = await connected(both)
        whole = bytearray()
        client.writer, writer = type("Kept", (), {"write": lambda _, data: whole.extend(data)})(), client.writer
        client.send('42["echo",1]')
        client.writer = writer
        [protocol] = both.protocols
        writer.write(whole[:9])
        packing = asyncio.create_task(both.there.hand_over.pack(protocol, within=5))
        kind, _ = await client.frame()
        assert kind == PING
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(packing), 0.2)
        was_packed = packing.done()

        writer.write(whole[9:])
        await both.hand_over(await packing)

        assert not was_packed
        assert await client.receive() == '42["echo",1]'
        client.close()


async def test_durable_rooms_go_on_at_the_cursor():
    """Nothing twice, nothing missing: what is appended while it is on its way is read where it arrives."""
    log = MemoryLog()

    def make(bus, instance):
        made = server(bus, instance)
        made.durable = DurableRooms(made.namespace("/"), log)
        made.namespace("/").on("follow")(lambda client: made.durable.follow(client, "d", after=0))
        return made

    async def append(text, durable):
        seq = await log.append("d", json.dumps(text).encode(), id=text)
        durable.announce("d", seq, json.dumps(text).encode())

    async with pair(make) as both:
        client = await connected(both)
        await append("1", both.there.durable)
        client.send('42["follow"]')
        assert await client.receive() == '42["entry","1"]'
        await eventually(lambda: both.there.namespace("/").members("d"))
        await append("2", both.there.durable)
        departure = await both.pack(client)
        await append("3", both.there.durable)
        await both.hand_over(departure)
        await append("4", both.here.durable)
        await append("5", both.there.durable)

        heard = [payload.decode() for kind, payload in client.skipped if kind == TEXT]
        heard += [await client.receive() for _ in range(4 - len(heard))]
        assert heard == [f'42["entry","{n}"]' for n in (2, 3, 4, 5)]
        await both.there.durable.close()
        await both.here.durable.close()
        client.close()


async def test_the_disconnect_handler_is_called_once_where_it_is():
    gone = []

    def make(bus, instance):
        made = server(bus, instance)
        made.namespace("/").on_disconnect(lambda client, reason: gone.append((instance, reason)))
        return made

    async with pair(make) as both:
        client = await connected(both)
        await both.move(client)
        nothing_yet = list(gone)

        client.close()

        await eventually(lambda: gone)
        assert (nothing_yet, gone) == ([], [("1", "transport close")])


async def test_pings_keep_their_time():
    """A client that is moved often is pinged as often as one that is not: otherwise it would give us up."""
    async with pair(ping_interval=0.5, ping_timeout=5.0) as both:
        client = await connected(both)
        await both.move(client)

        assert await client.receive() == "2"
        client.send("3")
        await asyncio.sleep(0)
        client.close()
